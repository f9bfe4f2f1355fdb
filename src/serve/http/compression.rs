//! Gzip compression of responses: page files and long lists. Responses that may mix secrets with client input are not
//! compressed, as their length would leak the secrets (BREACH).

use crate::serve::http::router::{Target, target};
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{Method, Response};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Smaller responses are not compressed.
const SMALLEST: u16 = 1024;

/// Marks a response that may be compressed.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Packable;

/// Whether the response to a request may be compressed.
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

/// Compresses marked responses.
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
