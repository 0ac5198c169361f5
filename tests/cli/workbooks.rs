//! Lists in workbooks, as Excel, LibreOffice and libraries write them.

use crate::kit::{Job, SOURCE, column};
use crate::workbook_kit::{archive, ods, ods_row, ods_text, texts, xlsx};

const COLUMNS: [&str; 8] = [
    "source_session_id",
    "title",
    "signer_1_last_name",
    "signer_1_email",
    "Nr",
    "Einzug",
    "Miete",
    "aktiv",
];

/// Rows as Excel writes them: shared texts, formats by number. The table begins at B3.
fn excel_rows(rows: &[u32]) -> String {
    let header = texts(3, 'B', &COLUMNS);
    let rows = rows.iter().map(|row| {
        format!(
            r#"<row r="{row}" ht="15"><c r="B{row}" t="s"><v>0</v></c><c r="C{row}" t="s"><v>1</v></c><c r="D{row}" s="0" t="s"><v>2</v></c><c r="E{row}" t="str"><f>"a"&amp;ROW()</f><v>a{row}@example.com</v></c><c r="F{row}" s="1"><v>815</v></c><c r="G{row}" s="2"><v>46113</v></c><c r="H{row}"><v>812.5</v></c><c r="I{row}" t="b"><v>1</v></c><c r="J{row}" s="1"/></row>"#
        )
    });
    header + &rows.collect::<String>()
}

const SHARED: [&str; 3] = [SOURCE, "Mietvertrag\nA101 &amp; Keller", "Müller"];

#[test]
fn a_workbook_of_excel_is_a_list() {
    let job = Job::new();
    let rows = excel_rows(&[4, 5, 9]) + r#"<row r="12"><c r="A12" s="1"/></row>"#;
    job.write(
        "list.xlsx",
        xlsx(&[("Mieter", rows), ("Leer", String::new())], &SHARED),
    );
    job.run("list.xlsx", &[])
        .ends_with(0)
        .says("warning: list.xlsx: Mieter!6: 3 empty rows between others are left out");
    let lines = job.report("list.results.csv");
    assert_eq!(
        column(&lines, "signer_1_email"),
        ["a4", "a5", "a9"].map(|name| format!("{name}@example.com"))
    );
    assert_eq!(column(&lines, "title"), ["Mietvertrag\nA101 & Keller"; 3]);
    assert_eq!(column(&lines, "Nr"), ["00815"; 3]);
    assert_eq!(column(&lines, "Einzug"), ["2026-04-01"; 3]);
    assert_eq!(column(&lines, "Miete"), ["812.5"; 3]);
    assert_eq!(column(&lines, "aktiv"), ["TRUE"; 3]);
    assert!(job.read("list.results.csv").starts_with("row,row_id,"));
    job.assert_promise("list.results.csv");
    // The same file again is the same job.
    job.run("list.xlsx", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
}

#[test]
fn a_workbook_of_libreoffice_is_a_list() {
    let header: String = COLUMNS.iter().map(|name| ods_text(name)).collect();
    let row = |number: u32, attributes: &str| {
        let cells = [
            ods_text(SOURCE),
            r#"<table:table-cell office:value-type="string"><office:annotation><text:p>by Ana</text:p></office:annotation><text:p>Miet<text:span>vertrag</text:span></text:p><text:p>A101<text:s text:c="2"/>&amp; Keller</text:p></table:table-cell>"#.into(),
            ods_text("Müller"),
            ods_text(&format!("a{number}@example.com")),
            r#"<table:table-cell office:value-type="float" office:value="815"><text:p>00815</text:p></table:table-cell>"#.into(),
            r#"<table:table-cell office:value-type="date" office:date-value="2026-04-01"><text:p>01.04.26</text:p></table:table-cell>"#.into(),
            r#"<table:table-cell office:value-type="currency" office:currency="EUR" office:value="812.5"><text:p>812,50 €</text:p></table:table-cell>"#.into(),
            r#"<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>"#.into(),
        ];
        ods_row(attributes, &cells.concat())
    };
    let blank = ods_row(r#"table:number-rows-repeated="2""#, "");
    let end = ods_row(r#"table:number-rows-repeated="1048570""#, "");
    let rows = [
        ods_row("", &header),
        row(1, ""),
        row(2, r#"table:visibility="filter""#),
        blank,
        row(3, ""),
        end,
    ];
    let job = Job::new();
    job.write(
        "list.ods",
        ods(&[("Tabelle1", rows.concat()), ("Tabelle2", String::new())]),
    );
    job.run("list.ods", &[])
        .ends_with(0)
        .says("list.ods: Tabelle1!4: 2 empty rows between others are left out")
        .says("list.ods: 1 row of the sheet is hidden");
    let lines = job.report("list.results.csv");
    assert_eq!(
        column(&lines, "signer_1_email"),
        ["a1", "a2", "a3"].map(|name| format!("{name}@example.com"))
    );
    assert_eq!(column(&lines, "title"), ["Mietvertrag\nA101  & Keller"; 3]);
    assert_eq!(column(&lines, "Nr"), ["00815"; 3]);
    assert_eq!(column(&lines, "Einzug"), ["2026-04-01"; 3]);
    assert_eq!(column(&lines, "Miete"), ["812.5"; 3]);
    assert_eq!(column(&lines, "aktiv"), ["TRUE"; 3]);
}

#[test]
fn cells_without_a_value_are_refused_with_their_place() {
    let cell = |xml: &str| format!(r#"<row r="17"><c r="B17" t="s"><v>0</v></c>{xml}</row>"#);
    let job = Job::new();
    for (xml, words) in [
        (
            r#"<c r="C17" t="e"><v>#N/A</v></c>"#,
            "list.xlsx: 'Mieter 1'!C17: the cell shows the error #N/A",
        ),
        (
            r#"<c r="C17" t="e"><f>A1</f><v>#REF!</v></c>"#,
            "'Mieter 1'!C17: the cell shows the error #REF!",
        ),
        (
            r#"<c r="C17"><f>A1</f><v></v></c>"#,
            "'Mieter 1'!C17: the value of this formula was never worked out",
        ),
        (
            r#"<c r="AA17"><f>A1</f></c>"#,
            "'Mieter 1'!AA17: the value of this formula",
        ),
    ] {
        let rows = excel_rows(&[4]) + &cell(xml);
        job.write("list.xlsx", xlsx(&[("Mieter 1", rows)], &SHARED));
        job.other(&["check", "list.xlsx"]).ends_with(5).says(words);
    }
    // An empty text is a value.
    let rows = excel_rows(&[4]).replace(
        "<c r=\"J4\" s=\"1\"/>",
        r#"<c r="J4" t="str"><f>""</f><v></v></c>"#,
    );
    job.write("list.xlsx", xlsx(&[("Mieter", rows)], &SHARED));
    job.other(&["check", "list.xlsx"]).ends_with(0);
    for (xml, words) in [
        (
            r#"<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>"#,
            "list.ods: T!A2: the cell shows the error #DIV/0!",
        ),
        (
            r#"<table:table-cell table:number-columns-repeated="2"/><table:table-cell table:formula="of:=B1"/>"#,
            "list.ods: T!C2: the value of this formula",
        ),
    ] {
        let rows = ods_row("", &ods_text("source_session_id")) + &ods_row("", xml);
        job.write("list.ods", ods(&[("T", rows)]));
        job.other(&["check", "list.ods"]).ends_with(5).says(words);
    }
}

#[test]
fn rows_hidden_by_a_filter_are_rows_and_there_is_a_warning() {
    let job = Job::new();
    let rows = excel_rows(&[4, 5, 6]).replace(r#"<row r="5""#, r#"<row hidden="1" r="5""#);
    let blank = r#"<row r="7" hidden="1"><c r="B7" s="1"/></row>"#;
    let sheets = [("Leer", String::new()), ("Mieter", rows + blank)];
    job.write("list.xlsx", xlsx(&sheets, &SHARED));
    job.other(&["check", "list.xlsx"])
        .ends_with(0)
        .says("warning: list.xlsx: 1 row of the sheet is hidden, by a filter or by hand")
        .says("3 rows: 3 can be sent");
}

#[test]
fn addresses_to_exclude_may_come_in_a_workbook() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let rows = |last: &str| {
        texts(2, 'B', &["E-Mail"]) + &texts(3, 'B', &["b@example.com"]) + &texts(7, 'B', &[last])
    };
    job.write("no.xlsx", xlsx(&[("Liste", rows("nobody"))], &[]));
    job.run("m.csv", &["--exclude", "no.xlsx"])
        .ends_with(5)
        .says("no.xlsx: Liste!7: ");
    job.write("no.xlsx", xlsx(&[("Liste", rows("c@example.com"))], &[]));
    job.run("m.csv", &["--exclude", "no.xlsx"]).ends_with(0);
    assert_eq!(job.received(), 1);
}

#[test]
fn a_cell_has_its_bounds_in_a_workbook_too() {
    let job = Job::new();
    let rows = |title: &str| {
        let header = texts(
            1,
            'A',
            &[
                "source_session_id",
                "signer_1_last_name",
                "signer_1_email",
                "note",
            ],
        );
        header + &texts(2, 'A', &[SOURCE, "Li", "a@example.com", title])
    };
    for (length, code) in [(10_000, 0), (10_001, 5), (300_000, 5)] {
        let rows = rows(&"ü".repeat(length));
        job.write("list.xlsx", xlsx(&[("S", rows.clone())], &[]));
        let ran = job.other(&["check", "list.xlsx"]).ends_with(code);
        assert_eq!(
            ran.stderr
                .contains("S!2: column note: has more than 10000 characters"),
            code == 5
        );
    }
    // Packed so tight, it is no table.
    let bomb = rows(&"x".repeat(70 << 20));
    job.write("list.xlsx", xlsx(&[("S", bomb)], &[]));
    job.other(&["check", "list.xlsx"])
        .ends_with(5)
        .says("this workbook is too large");
}

#[test]
fn the_words_for_rows_of_a_workbook_are_the_sheet_s() {
    let job = Job::new();
    let rows = excel_rows(&[4, 6]).replace("a6@", "a4@");
    job.write("list.xlsx", xlsx(&[("Mieter", rows)], &SHARED));
    job.run("list.xlsx", &[])
        .ends_with(5)
        .says("list.xlsx: Mieter!6: ")
        .says("row 4");
}

#[test]
fn problems_name_the_row_of_the_sheet() {
    let job = Job::new();
    let rows = excel_rows(&[4, 7]).replace("a7@example.com", "a7@");
    job.write("list.xlsx", xlsx(&[("Mieter", rows)], &SHARED));
    job.other(&["check", "list.xlsx"])
        .ends_with(5)
        .says("list.xlsx: Mieter!7: column signer_1_email: 'a7@' is not an e-mail address");
    let title = texts(1, 'A', &["Mieterliste 2026"]);
    job.write(
        "list.xlsx",
        xlsx(&[("Mieter", title + &excel_rows(&[4]))], &SHARED),
    );
    job.other(&["check", "list.xlsx"])
        .ends_with(5)
        .says("list.xlsx: Mieter!1: no known column is named here, but row 3 names some");
    let rows = excel_rows(&[4]) + &texts(5, 'A', &["stray"]);
    job.write("list.xlsx", xlsx(&[("Mieter", rows)], &SHARED));
    job.other(&["check", "list.xlsx"])
        .ends_with(5)
        .says("Mieter!3: column A has no name, but row 5 has a cell in it");
}

#[test]
fn the_sheet_is_the_only_one_that_holds_anything_or_the_one_named() {
    let job = Job::new();
    let sheets = [
        ("Mieter", excel_rows(&[4, 5])),
        ("Leer", String::new()),
        ("Alt", excel_rows(&[4])),
    ];
    job.write("list.xlsx", xlsx(&sheets, &SHARED));
    job.other(&["check", "list.xlsx"]).ends_with(5).says(
        "2 sheets of this workbook hold something; add --sheet with the name of the one to read: 'Mieter' \
         (3 rows), 'Leer' (0 rows), 'Alt' (2 rows)",
    );
    job.other(&["check", "list.xlsx", "--sheet", "mieter"])
        .ends_with(0)
        .says("2 rows: 2 can be sent");
    let mut by_variable = job.command(&["check", "list.xlsx"]);
    let ran = by_variable.env("ESIGN_COPY_SHEET", "Alt").output().unwrap();
    assert_eq!(ran.status.code(), Some(0));
    job.other(&["check", "list.xlsx", "--sheet", "Neu"])
        .ends_with(5)
        .says("this workbook has no sheet 'Neu'. Its sheets are 'Mieter' (3 rows)");
    // The rehearsed sheet is the one that goes to stage.
    job.other(&[
        "run",
        "list.xlsx",
        "--sheet",
        "Alt",
        "--endpoint",
        "sandbox",
    ])
    .ends_with(0)
    .says("esign-copy run list.xlsx --sheet Alt --endpoint stage");
    job.write("empty.xlsx", xlsx(&[("Leer", String::new())], &[]));
    job.other(&["check", "empty.xlsx"])
        .ends_with(5)
        .says("this workbook is empty");
    job.mailing("m.csv", &["a@example.com"]);
    job.other(&["check", "m.csv", "--sheet", "Alt"])
        .ends_with(2)
        .says("--sheet is for workbooks");
    job.other(&["check", "list.xlsx", "--encoding", "latin1"])
        .ends_with(2)
        .says("--encoding is for text files");
    // Another sheet is another list.
    job.run("list.xlsx", &["--sheet", "Alt"]).ends_with(0);
    job.run("list.xlsx", &["--sheet", "Mieter"]).ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn what_is_no_readable_workbook_is_refused_with_what_to_do() {
    let job = Job::new();
    let sound = xlsx(&[("Mieter", excel_rows(&[4]))], &SHARED);
    let encrypted = "<manifest:encryption-data/>";
    let mime = "application/vnd.oasis.opendocument.spreadsheet";
    for (name, bytes, words) in [
        (
            "cut.xlsx",
            sound[..sound.len() - 300].to_vec(),
            "damaged or cut off",
        ),
        (
            "list.xlsx",
            b"a;b\n1;2\n".to_vec(),
            "its name says that it is a workbook, but it is none",
        ),
        (
            "letters.csv",
            archive(&[("word/document.xml", String::new())]),
            "holds no workbook",
        ),
        (
            "list.xlsb",
            archive(&[("xl/workbook.bin", String::new())]),
            "save it as .xlsx or .ods",
        ),
        (
            "list.numbers",
            archive(&[("Index/Document.iwa", String::new())]),
            "Apple Numbers",
        ),
        (
            "list.xls",
            [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), vec![0; 600]].concat(),
            ".xls",
        ),
        (
            "locked.ods",
            archive(&[
                ("mimetype", mime.into()),
                ("META-INF/manifest.xml", encrypted.into()),
                ("content.xml", "x".into()),
            ]),
            "protected by a password",
        ),
    ] {
        job.write(name, bytes);
        job.other(&["check", name]).ends_with(5).says(words);
        job.run(name, &[]).ends_with(5).says(words);
    }
    // A workbook is known by what it holds.
    job.write("list.csv", sound);
    job.other(&["check", "list.csv"]).ends_with(0);
    let mut from_input = job.command(&["check", "-", "--format", "csv"]);
    from_input.stdin(std::fs::File::open(job.path("list.csv")).unwrap());
    assert_eq!(from_input.output().unwrap().status.code(), Some(0));
}

#[test]
fn a_workbook_that_makes_no_sense_is_refused() {
    let job = Job::new();
    let header = texts(1, 'A', &["Nachname", "Mail"]);
    let twice = texts(2, 'A', &["Li", "ana@example.com"]).replace("r=\"B2\"", "r=\"A2\"");
    let nowhere = texts(2, 'A', &["Li"]).replace("A2", "AAAAAAAAAAAAAAAA99999999999999999999");
    for row in [twice, nowhere] {
        let workbook = xlsx(&[("S", format!("{header}{row}"))], &[]);
        job.write("list.xlsx", workbook);
        job.other(&["check", "list.xlsx"])
            .ends_with(5)
            .says("this workbook can't be read");
    }
}
