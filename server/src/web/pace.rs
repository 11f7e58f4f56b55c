//! How long is waited for the other side, which may be slow but not still: so long at first, a second more for so many bytes
//! that come or go, and never longer than the longest pause. Only the time that we wait counts, not what we take ourselves.

use axum::BoxError;
use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// What the other side may take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The wait that it has at first.
    pub first: Duration,
    /// The longest pause, however quick it was before.
    pub pause: Duration,
    /// As many bytes are worth a second more.
    pub bytes: u32,
}

/// How much of it is left.
struct Patience {
    pace: Pace,
    left: Duration,
    since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new(pace: Pace) -> Self {
        Self { pace, left: pace.first, since: None, sleep: None }
    }

    /// Something moved.
    fn moved(&mut self, bytes: usize, now: Instant) {
        self.sleep = None;
        if let Some(since) = self.since.take() {
            self.left = self.left.saturating_sub(now.saturating_duration_since(since));
        }
        let worth = Duration::from_secs(bytes as u64) / self.pace.bytes.max(1);
        self.left = (self.left + worth).min(self.pace.pause.max(self.pace.first));
    }

    /// Nothing moves: ready once it was waited for too long.
    fn ends(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let until = since + self.left;
        self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until))).as_mut().poll(cx)
    }
}

/// The body of a request that has to arrive.
pub struct Arriving<B> {
    body: B,
    patience: Patience,
}

impl<B> Arriving<B> {
    pub fn new(body: B, pace: Pace) -> Self {
        Self { body, patience: Patience::new(pace) }
    }
}

impl<B> Body for Arriving<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let bytes = frame.as_ref().and_then(|f| f.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
            self.patience.moved(bytes, Instant::now());
            return Poll::Ready(frame.map(|f| f.map_err(Into::into)));
        }
        ready!(self.patience.ends(cx));
        Poll::Ready(Some(Err("the body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose other side has to take what it asked for.
pub struct Taking<S> {
    stream: S,
    patience: Patience,
}

impl<S> Taking<S> {
    pub fn new(stream: S, pace: Pace) -> Self {
        Self { stream, patience: Patience::new(pace) }
    }

    fn took(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            self.patience.moved(*written.as_ref().unwrap_or(&0), Instant::now());
            return Poll::Ready(written);
        }
        ready!(self.patience.ends(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the answer was not taken in time")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taking<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taking<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.took(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.took(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_buy_time_up_to_the_longest_pause_and_only_waiting_spends_it() {
        let seconds = Duration::from_secs;
        let mut patience = Patience::new(Pace { first: seconds(10), pause: seconds(30), bytes: 1000 });
        let mut now = Instant::now();
        for (waited, bytes, left) in [
            // A byte every three seconds buys a thousandth of one.
            (3, 1, 7001),
            (3, 1, 4002),
            (3, 1, 1003),
            (0, 5000, 6003),
            (6, 1_000_000_000, 30_000),
            (40, 0, 0),
        ] {
            patience.since = Some(now);
            now += seconds(waited);
            patience.moved(bytes, now);
            assert_eq!(patience.left, Duration::from_millis(left), "{waited} s, {bytes} bytes");
        }
        patience.moved(2000, now);
        patience.moved(0, now + seconds(3600));
        assert_eq!(patience.left, seconds(2), "nobody waited");
    }
}
