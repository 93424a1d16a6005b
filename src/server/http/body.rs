//! Bodies of requests, up to a limit, and of responses.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::mpsc::Receiver;

/// The longest body that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Of a longer one so much is passed over, so that its sender gets to read the answer.
const PASSED_OVER: usize = 64 * 1024 * 1024;

/// Why a body could not be read.
#[derive(Debug)]
pub enum Unread {
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It took too long.
    TooSlow,
    /// Its sender has gone, or does not keep to HTTP.
    Broken,
}

/// Reads a body within `time`.
pub async fn read(body: Incoming, time: Duration) -> Result<Bytes, Unread> {
    tokio::time::timeout(time, collect(body)).await.unwrap_or(Err(Unread::TooSlow))
}

async fn collect(mut body: Incoming) -> Result<Bytes, Unread> {
    let mut whole = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length += data.len();
        if length > PASSED_OVER {
            return Err(Unread::TooLong);
        }
        if length <= LONGEST {
            whole.extend_from_slice(&data);
        }
    }
    if length <= LONGEST { Ok(whole.into()) } else { Err(Unread::TooLong) }
}

/// The body of a response.
#[derive(Debug)]
pub enum ResponseBody {
    /// All at once.
    Whole(Option<Bytes>),
    /// Piece by piece, until the sender is dropped.
    Stream(Receiver<Bytes>),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            ResponseBody::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            ResponseBody::Stream(pieces) => {
                pieces.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, ResponseBody::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ResponseBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            ResponseBody::Stream(_) => SizeHint::default(),
        }
    }
}
