//! How long a connection may take to send a head, with one timer for the connection: hyper asks
//! for a new one with every request, and setting it costs as much as reading the request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Alarm = Mutex<Option<Pin<Box<tokio::time::Sleep>>>>;

/// The timer of one connection.
#[derive(Default)]
pub struct Patience(Arc<Alarm>);

/// Ends at its moment. The alarm may be set to an earlier one; then it is set again.
struct Wait {
    alarm: Arc<Alarm>,
    until: Instant,
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, until: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { alarm: self.0.clone(), until })
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context) -> Poll<()> {
        let until = self.until.into();
        let mut alarm = self.alarm.lock().unwrap_or_else(|poison| poison.into_inner());
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        while alarm.as_mut().poll(cx).is_ready() {
            if alarm.deadline() >= until {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(until);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each wait ends at its own moment, although the alarm rang for an earlier one.
    #[tokio::test(start_paused = true)]
    async fn later_waits_are_not_cut_short() {
        let (patience, begin) = (Patience::default(), tokio::time::Instant::now());
        let after = |seconds: u64| patience.sleep_until(begin.into_std() + Duration::from_secs(seconds));
        let mut given_up = after(60);
        assert!(tokio::time::timeout(Duration::from_secs(1), &mut given_up).await.is_err());
        drop(given_up);
        after(90).await;
        assert_eq!(begin.elapsed().as_secs(), 90);
        after(120).await;
        assert_eq!(begin.elapsed().as_secs(), 120);
    }
}
