//! Writes per second: an average over a sliding window, per channel and per service, so that a burst into an idle window
//! passes (LIMITS.md section 3). Counted by each process for itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::call::{Call, Method};
use crate::config::Rate;
use crate::error::ApiError;
use crate::store::channels;
use crate::time::Timestamp;

/// The windows that were written to lately.
pub struct RateLimiter {
    windows: Cache<String, Arc<Mutex<Window>>>,
    rate: Rate,
}

/// Writes per slice of a window, oldest first.
#[derive(Default)]
struct Window {
    slices: VecDeque<(i64, u32)>,
}

/// A window is measured in so many slices.
const SLICES: i64 = 20;
/// As many channels and services are watched as this; the ones longest not written to are forgotten first.
const WATCHED: u64 = 100_000;

impl RateLimiter {
    /// A limiter with the operator's numbers.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let idle = Duration::from_secs(u64::from(rate.window_s) * 2);
        Self { windows: Cache::builder().max_capacity(WATCHED).time_to_idle(idle).build(), rate }
    }

    /// Counts a write in a channel; false when there were too many.
    pub fn channel(&self, key: String, now: Timestamp) -> bool {
        self.count(key, self.rate.channel_aps, now)
    }

    /// Counts a write in a service outside of its channels; false when there were too many.
    pub fn service(&self, key: String, now: Timestamp) -> bool {
        self.count(key, self.rate.service_aps, now)
    }

    fn count(&self, key: String, per_second: u32, now: Timestamp) -> bool {
        if !self.rate.enabled {
            return true;
        }
        let window = self.windows.get_with(key, Arc::default);
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        window.count(now, i64::from(self.rate.window_s) * 1_000_000, per_second * self.rate.window_s)
    }
}

impl Window {
    fn count(&mut self, now: Timestamp, micros: i64, max: u32) -> bool {
        let slice = now.as_micros() / (micros / SLICES);
        while self.slices.front().is_some_and(|(first, _)| *first <= slice - SLICES) {
            self.slices.pop_front();
        }
        if self.slices.iter().map(|(_, writes)| writes).sum::<u32>() >= max {
            return false;
        }
        match self.slices.back_mut() {
            Some((last, writes)) if *last >= slice => *writes += 1,
            _ => self.slices.push_back((slice, 1)),
        }
        true
    }
}

/// Counts a call if it is one of the actions that a rate is set to.
pub async fn check(call: &Call<'_>, path: &[&str]) -> Result<(), ApiError> {
    let limiter = &call.app.rate;
    if !limiter.rate.enabled || !matches!(call.method, Method::Post | Method::Delete) {
        return Ok(());
    }
    let now = call.app.env.clock.now();
    match path {
        // A channel's webhooks are settings, no actions.
        ["Services", _, "Channels", _, "Webhooks", ..] => Ok(()),
        ["Services", service, "Channels", channel, rest @ ..]
            if call.method == Method::Post || !rest.is_empty() =>
        {
            // All names of a channel count together; one that does not exist is for its handler to refuse.
            let at = call.channel(service, channel)?;
            let sid = call.read(async |tx| Ok(channels::resolve(tx, &at).await?)).await?;
            let passes = sid.is_none_or(|sid| limiter.channel(sid.to_string(), now));
            if passes { Ok(()) } else { Err(ApiError::ChannelRateExceeded) }
        }
        ["Services", service, "Channels" | "Users" | "Roles" | "Bindings", ..] => {
            let at = call.service(service)?;
            let passes = limiter.service(format!("{}/{}", at.account, at.service), now);
            if passes { Ok(()) } else { Err(ApiError::ServiceRateExceeded) }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_average_holds() {
        let mut window = Window::default();
        let at = |millis: i64| Timestamp::from_micros(millis * 1000);
        assert_eq!((0..200).filter(|_| window.count(at(0), 5_000_000, 150)).count(), 150);
        assert!(!window.count(at(4_000), 5_000_000, 150));
        assert_eq!((0..200).filter(|_| window.count(at(5_000), 5_000_000, 150)).count(), 150);
    }
}
