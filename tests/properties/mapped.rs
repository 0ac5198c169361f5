//! A list with columns of its own, read through a mapping, is the list with our columns.

use std::path::Path;

use esign_copy::job::{Column, Record};
use esign_copy::manifest::{Format, InputFile, ManifestError, Mapping, ReadOptions};
use proptest::prelude::*;

use super::files::{any_style, csv_file};
use super::one_in;
use super::tables::any_table;

fn read(bytes: &[u8], options: &ReadOptions) -> Vec<Record> {
    let file = InputFile::of_standard_input(bytes, Format::Csv).unwrap();
    let mut records = Vec::new();
    let read = file.read::<ManifestError>(options, |record| {
        records.push(record);
        Ok(())
    });
    assert_eq!(read.unwrap().problems.listed(), []);
    records
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn columns_that_are_only_renamed_make_the_same_rows(
        table in any_table(4),
        style in any_style(),
    ) {
        let (bytes, _) = csv_file(&table, &style);
        let options = ReadOptions {
            other_columns: table.other_columns(),
            ..ReadOptions::default()
        };
        let expected = read(&bytes, &options);
        let (renamed, mapping) = table.renamed();
        let (bytes, _) = csv_file(&renamed, &style);
        let options = ReadOptions {
            mapping: Some(Mapping::parse(Path::new("m.toml"), &mapping).unwrap()),
            ..ReadOptions::default()
        };
        let mapped = read(&bytes, &options);
        prop_assert_eq!(mapped.len(), expected.len());
        for (mapped, expected) in mapped.iter().zip(&expected) {
            let mut fields = expected.fields.clone();
            if mapped.row_id.is_none() {
                fields.set(Column::RowId, "");
            }
            prop_assert_eq!(&mapped.fields, &fields);
            prop_assert_eq!(mapped.hash, expected.hash);
            prop_assert_eq!(mapped.taken.to_json(), None);
        }
    }
}
