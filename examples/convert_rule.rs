//! One rule, three languages:
//!
//! ```console
//! $ cargo run --example convert_rule
//! ```

use sigmalert::{Converter, Mapping, Target};

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
    for target in [Target::Lucene, Target::Kql, Target::Dsl] {
        let converter = Converter::builder(Mapping::builtin("winlogbeat")?).target(target).build();
        for converted in converter.convert_str(RULE)? {
            println!("{}, on {}:\n{}\n", target.name(), converted.index, converted.query);
            for notice in &converted.notices {
                println!("  note: {notice}");
            }
        }
    }
    Ok(())
}
