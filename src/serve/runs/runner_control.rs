//! Starts and stops the rules in this process, and reports their state.

use sigmalert_runtime::{Config, RunOptions, Runner};
use sigmalert_support::sync::lock;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// What elastalert-server calls the states of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum RunState {
    /// Nothing is there that could run.
    Setup,
    /// Rules run for the first time.
    FirstRun,
    /// Rules run.
    Ready,
    /// Rules run until they are done with what they do.
    Closing,
    /// No rules run.
    Idle,
    /// They ended by themselves, with an error, or the cluster does not answer them.
    Error,
}

impl RunState {
    /// The word that Praeco shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Setup => "SETUP",
            Self::FirstRun => "FIRST_RUN",
            Self::Ready => "READY",
            Self::Closing => "CLOSING",
            Self::Idle => "IDLE",
            Self::Error => "ERROR",
        }
    }
}

/// A run: the rules, and the thread that they run in.
#[derive(Debug)]
struct Run {
    runner: Arc<Runner>,
    thread: JoinHandle<Result<bool, String>>,
    stopping: bool,
}

#[derive(Debug, Default)]
struct Inner {
    run: Option<Run>,
    failed: Option<String>,
    over: bool,
}

/// Control over the rules that run in this process.
#[derive(Debug)]
pub(in crate::serve) struct RunnerControl {
    /// Nothing where rules are not to run here.
    config: Option<Config>,
    rules: PathBuf,
    inner: Mutex<Inner>,
}

impl RunnerControl {
    /// Nothing runs yet.
    pub fn new(config: Option<Config>, rules: &Path) -> Self {
        Self { config, rules: rules.to_owned(), inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = lock(&self.inner);
        if inner.run.as_ref().is_some_and(|r| r.thread.is_finished())
            && let Some(run) = inner.run.take()
        {
            inner.failed = match run.thread.join() {
                Ok(Ok(_)) => None,
                Ok(Err(e)) => Some(e),
                Err(_) => Some("the run panicked; this is a bug in sigmalert, please report it".into()),
            };
            if let Some(e) = &inner.failed {
                tracing::error!("the rules have stopped: {e}");
            }
        }
        inner
    }

    /// Starts the rules.
    ///
    /// # Errors
    /// When rules do not run in this process, or are still stopping.
    pub fn start(&self) -> Result<(), String> {
        let Some(config) = &self.config else {
            return Err("no rules run in this process: the server was started without a cluster or with --no-run".into());
        };
        let mut inner = self.lock();
        if inner.over {
            return Err("the server is shutting down".into());
        }
        match &inner.run {
            Some(r) if r.stopping => return Err("the rules are still stopping: try again in a moment".into()),
            Some(_) => return Ok(()),
            None => {}
        }
        // With no rule yet there is nothing to run: a page may save the first one at any time.
        let options = RunOptions { rules: vec![self.rules.clone()], patient: true, ..RunOptions::default() };
        let runner = Arc::new(Runner::new(config.clone(), options)?);
        let own = Arc::clone(&runner);
        inner.failed = None;
        inner.run = Some(Run { runner, thread: std::thread::spawn(move || own.run()), stopping: false });
        Ok(())
    }

    /// Stops the rules after in-flight work.
    ///
    /// # Errors
    /// When rules do not run in this process.
    pub fn stop(&self) -> Result<(), String> {
        if self.config.is_none() {
            return Err("no rules run in this process".into());
        }
        if let Some(run) = &mut self.lock().run {
            run.stopping = true;
            run.runner.stop();
        }
        Ok(())
    }

    /// Stops the rules permanently.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.over = true;
        if let Some(run) = &mut inner.run {
            run.stopping = true;
            run.runner.stop();
        }
    }

    /// Waits for what [`Self::close`] ended.
    pub fn join(&self) {
        let run = self.lock().run.take();
        if let Some(run) = run {
            _ = run.thread.join();
        }
    }

    /// Returns the state.
    pub fn state(&self) -> RunState {
        let inner = self.lock();
        match &inner.run {
            Some(r) if r.stopping => RunState::Closing,
            Some(r) if r.runner.away().is_some() => RunState::Error,
            Some(_) => RunState::Ready,
            None if inner.failed.is_some() => RunState::Error,
            None => RunState::Idle,
        }
    }

    /// Whether there is a run, however it goes.
    pub fn is_running(&self) -> bool {
        self.lock().run.as_ref().is_some_and(|r| !r.stopping)
    }

    /// Why they ended by themselves, or cannot do what they are there for.
    pub fn failed(&self) -> Option<String> {
        let inner = self.lock();
        let away = inner.run.as_ref().and_then(|r| r.runner.away());
        away.or_else(|| inner.failed.clone())
    }
}
