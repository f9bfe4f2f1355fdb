//! One rule, three languages:
//!
//! ```console
//! $ cargo run --example convert_rule
//! ```

use sigmalert::parse;
use sigmalert::sigma::Collection;
use sigmalert::{Converter, Mapping, Options, Target};

const RULE: &str = r"
title: Shadow Copies Deleted
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\vssadmin.exe'
        CommandLine|contains|all:
            - ' delete '
            - ' shadows'
    filter:
        User: 'CORP\backup'
    condition: selection and not filter
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parsed = parse(RULE, &sigmalert::yaml::Limits::default())?;
    let documents = parsed.documents.into_iter().collect::<Result<Vec<_>, _>>()?;
    let collection = Collection::new(documents);
    for target in [Target::Lucene, Target::Kql, Target::Dsl] {
        let converter = Converter::new(Mapping::builtin("winlogbeat")?, Options { target, ..Options::default() });
        let converted = converter.convert(&collection, 0)?;
        println!("{}, on {}:\n{}\n", target.name(), converted.index, converted.query);
        for notice in &converted.notices {
            println!("  note: {notice}");
        }
    }
    Ok(())
}
