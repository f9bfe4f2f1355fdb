//! A mapping of one's own, laid over a built-in one, and rule files from it. Says what gets lost on the way:
//!
//! ```console
//! $ cargo run --example custom_mapping sigma-samples/*.yml
//! ```

use sigmalert::parse;
use sigmalert::sigma::{Collection, Document};
use sigmalert::{Converter, Mapping, Options};
use std::path::Path;

const MAPPING: &str = "
extends: winlogbeat
name: our-siem
index: soc-windows-*
logsources:
  # Our agent writes the program under another name, and we keep it in lower case.
  - when: {product: windows, category: process_creation}
    fields:
      Image: our.process.path
types:
  our.process.path: {type: keyword, case: lower}
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mapping = Mapping::from_text(MAPPING, Path::new("our-siem.yml"))?;
    let mut documents = Vec::new();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        for document in parse(&text, &sigmalert::yaml::Limits::default()).map_err(|e| format!("{path}:{}: {e}", e.pos))?.documents {
            match document {
                Ok(d) => documents.push(d),
                Err(e) => eprintln!("{path}:{}: {e}", e.pos),
            }
        }
    }
    // Correlations and filters find the rules they name among all documents.
    let collection = Collection::new(documents);
    let converter = Converter::new(mapping, Options::default());
    for (i, document) in collection.documents().iter().enumerate() {
        if matches!(document, Document::Filter(_)) || !collection.alerts(i) {
            continue;
        }
        match converter.convert(&collection, i) {
            Ok(converted) => {
                println!("---\n{}", converted.query);
                for notice in converted.notices.iter().filter(|n| n.kind.is_loss()) {
                    eprintln!("{}: {notice}", document.attributes().title);
                }
            }
            Err(e) => eprintln!("{}: {e}", document.attributes().title),
        }
    }
    Ok(())
}
