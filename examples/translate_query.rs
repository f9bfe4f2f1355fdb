//! The query languages without Sigma: reads Lucene, prints KQL and Query DSL.
//!
//! ```console
//! $ cargo run --example translate_query 'host.name:web* AND NOT event.code:(1 OR 2)'
//! ```

use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::query::{FieldType, Schema, simplify};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let query = std::env::args().nth(1).unwrap_or_else(|| r#"host.name:web* AND NOT (event.code:1 OR source.ip:"10.0.0.0/8")"#.to_owned());
    // What fields are decides what can be asked of them.
    let schema = Schema::default().with("source.ip", FieldType::Ip).with("*.port", FieldType::Long);
    let expr = simplify(lucene::parse(&query, &schema)?);
    let limits = Limits::default();
    println!("means:  {expr}");
    println!("Lucene: {}", lucene::print(&expr, &limits)?);
    println!("KQL:    {}", kql::print(&expr, &limits)?);
    println!("DSL:    {:#}", dsl::print(&expr, &limits)?);
    Ok(())
}
