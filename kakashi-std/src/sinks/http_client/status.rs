//! What statuses are, in an operator's words.

/// Says what a status that is no success means.
pub(crate) fn cause_of_status(status: u16) -> &'static str {
    match status {
        300..400 => "the receiver answers with a redirection: the endpoint is another",
        400 => "the receiver answers 400 Bad Request",
        401 => "the receiver answers 401 Unauthorized",
        402 => "the receiver answers 402 Payment Required",
        403 => "the receiver answers 403 Forbidden",
        404 => "the receiver answers 404 Not Found: the endpoint is another",
        405 => "the receiver answers 405 Method Not Allowed: the endpoint is another",
        407 => "the proxy answers 407 Proxy Authentication Required",
        408 => "the receiver answers 408 Request Timeout",
        413 => "the receiver answers 413 Content Too Large",
        415 => "the receiver answers 415 Unsupported Media Type",
        422 => "the receiver answers 422 Unprocessable Content",
        429 => "the receiver answers 429 Too Many Requests",
        500 => "the receiver answers 500 Internal Server Error",
        502 => "the receiver answers 502 Bad Gateway",
        503 => "the receiver answers 503 Service Unavailable",
        504 => "the receiver answers 504 Gateway Timeout",
        _ => "the receiver answers with another status of an error",
    }
}
