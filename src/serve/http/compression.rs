//! Which answers are packed (gzip): files of the page and long lists. What may hold secrets beside what a client sent is not: its
//! length would tell of them.

use crate::serve::http::router::{Target, target};
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{Method, Response};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Below this nothing is gained.
const SMALLEST: u16 = 1024;

/// Marks an answer that may be packed.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Packable;

/// Whether the answer to a request may be.
pub(in crate::serve) fn may_pack(request: &Request) -> bool {
    *request.method() == Method::GET
        && match target(request.uri().path(), false) {
            Target::Page => true,
            Target::Api(segments) => {
                matches!(
                    segments.as_slice(),
                    ["rules" | "templates" | "indices" | "openapi.json"] | ["status", "overview"] | ["mapping", ..]
                )
            }
            Target::Socket | Target::Releases => false,
        }
}

/// Packs what is marked.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Marked;

impl Predicate for Marked {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        response.extensions().get::<Packable>().is_some() && SizeAbove::new(SMALLEST).should_compress(response)
    }
}

/// What packs.
pub(in crate::serve) fn layer() -> CompressionLayer<Marked> {
    CompressionLayer::new().gzip(true).compress_when(Marked)
}
