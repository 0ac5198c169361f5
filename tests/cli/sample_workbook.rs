//! The workbook among the samples, as it is made: a property manager's residents.

use crate::kit::{Job, SOURCE, column};
use crate::workbook_kit::{parts, texts, xlsx};

const COLUMNS: [&str; 7] = [
    "Mandantennr.",
    "Nachname",
    "Vorname",
    "E-Mail-Adresse",
    "Wohnung",
    "Einzug",
    "Miete",
];

/// Who lives there: number, names, flat, the day they moved in as spreadsheets count days, and rent.
const RESIDENTS: [(u32, &str, &str, &str, u32, &str); 12] = [
    (117, "Müller", "Anna", "A101", 43_556, "812.5"),
    (118, "Schäfer", "Jörg", "A102", 43_831, "790"),
    (203, "Weiß", "Sophie", "A103", 44_105, "1045.25"),
    (204, "Yıldız", "Emre", "A201", 44_197, "812.5"),
    (219, "Kowalski", "Łukasz", "A202", 44_317, "790"),
    (342, "Krüger", "Björn", "A203", 44_470, "1060"),
    (343, "García López", "María", "B101", 44_682, "655.9"),
    (350, "Nguyễn", "Minh", "B102", 44_743, "655.9"),
    (401, "von der Heide", "Käthe", "B103", 44_927, "720"),
    (402, "Öztürk", "Aylin", "B201", 45_139, "655.9"),
    (1017, "Dvořák", "Tomáš", "B202", 45_352, "655.9"),
    (1018, "Strauß", "Renée", "B203", 45_748, "735.4"),
];

fn residents() -> Vec<u8> {
    let rows = (2..)
        .zip(RESIDENTS)
        .map(|(row, (number, last, first, flat, moved_in, rent))| {
            let text = |column: char, text: &str| {
                format!(r#"<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
            };
            let cells = [
                format!(r#"<c r="A{row}" s="1"><v>{number}</v></c>"#),
                text('B', last),
                text('C', first),
                text('D', &format!("{}@example.com", flat.to_lowercase())),
                text('E', flat),
                format!(r#"<c r="F{row}" s="2"><v>{moved_in}</v></c>"#),
                format!(r#"<c r="G{row}"><v>{rent}</v></c>"#),
            ];
            format!(r#"<row r="{row}">{}</row>"#, cells.concat())
        });
    let rows = texts(1, 'A', &COLUMNS) + &rows.collect::<String>();
    xlsx(&[("Bewohner", rows)], &[])
}

/// Where it is; `UPDATE_SAMPLES=1` writes it.
#[test]
fn the_workbook_among_the_samples_is_as_it_is_made() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/residents.xlsx");
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        std::fs::write(path, residents()).unwrap();
    }
    let sample = std::fs::read(path).unwrap();
    assert_eq!(parts(&sample), parts(&residents()));
    let job = Job::new();
    job.write("residents.xlsx", sample);
    job.write(
        "residents.toml",
        format!(
            "source_session_id = \"{SOURCE}\"\nrow_id = '{{{{ row[\"Mandantennr.\"] }}}}'\n\
             title = \"Mietvertrag {{{{ Wohnung }}}} ab {{{{ Einzug }}}}\"\n[[signers]]\n\
             email = '{{{{ row[\"E-Mail-Adresse\"] }}}}'\nlast_name = \"{{{{ Nachname }}}}\"\n"
        ),
    );
    job.run("residents.xlsx", &["--mapping", "residents.toml"])
        .ends_with(0);
    let lines = job.report("residents.results.csv");
    assert_eq!(lines.len(), RESIDENTS.len());
    assert_eq!(lines[0]["row_id"], "00117");
    assert_eq!(lines[0]["title"], "Mietvertrag A101 ab 2019-04-01");
    assert_eq!(lines[11]["signer_1_last_name"], "Strauß");
    assert_eq!(column(&lines, "Miete")[2], "1045.25");
}
