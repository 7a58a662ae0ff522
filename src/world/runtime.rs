//! The one place with an asynchronous runtime: a thread that turns the wheel, and blocking calls for everybody else.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Shared by all that talks to the cluster. The thread ends when the last handle is dropped.
pub struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
}

impl Runtime {
    pub fn start() -> std::io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::Builder::new().name("world".into()).spawn(move || {
            // an error means that the sender is gone, which is the end as well
            runtime.block_on(async { stopped.await.unwrap_or(()) });
        })?;
        Ok(Arc::new(Self { handle, stop: Some(stop) }))
    }

    /// Waits for a future on the calling thread.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// Calls `then` at every Ctrl-C, for as long as the runtime lives.
    pub fn on_interrupt(&self, then: impl Fn() + Send + 'static) {
        self.handle.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                then();
            }
        });
    }

    /// Waits for one Ctrl-C.
    pub fn until_interrupted(&self) {
        // without a handler there is nothing to wait for
        let _ = self.wait(tokio::signal::ctrl_c());
    }

    /// Listens on `127.0.0.1:port` (0 = any free one) and joins each connection with a stream that `open` gives.
    pub fn forward<O, F, S>(self: &Arc<Self>, port: u16, open: O) -> std::io::Result<Forwarding>
    where
        O: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Option<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let listener = self.wait(TcpListener::bind(("127.0.0.1", port)))?;
        let address = listener.local_addr()?;
        let task = self.handle.spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let opening = open();
                tokio::spawn(async move {
                    if let Some(mut there) = opening.await {
                        // either side may hang up at any time; that is no error of ours
                        let _ = copy_bidirectional(&mut here, &mut there).await;
                    }
                });
            }
        });
        Ok(Forwarding { address, abort: task.abort_handle(), _runtime: Arc::clone(self) })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// A local port that leads into the cluster, until it is dropped.
pub struct Forwarding {
    /// `127.0.0.1` and the port.
    pub address: SocketAddr,
    abort: tokio::task::AbortHandle,
    _runtime: Arc<Runtime>,
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.abort.abort();
    }
}
