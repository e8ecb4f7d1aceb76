//! An SMTP server that takes every mail but those to `refused@…`.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server was told: the commands, and the mails.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) commands: Vec<String>,
    pub(crate) mails: Vec<String>,
}

/// Starts a server on this machine, which offers STARTTLS where it has what
/// TLS needs. Answers its port.
pub(crate) async fn start(tls: Option<TlsAcceptor>) -> (u16, Arc<Mutex<Told>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let told = Arc::new(Mutex::new(Told::default()));
    let server = Arc::clone(&told);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, tls.clone(), Arc::clone(&server)));
        }
    });
    (port, told)
}

async fn serve(
    mut stream: TcpStream,
    tls: Option<TlsAcceptor>,
    told: Arc<Mutex<Told>>,
) -> std::io::Result<()> {
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let wants_tls = talk(&mut stream, tls.is_some(), &told).await?;
    if let Some(tls) = tls.filter(|_| wants_tls) {
        let mut stream = tls.accept(stream).await?;
        talk(&mut stream, false, &told).await?;
    }
    Ok(())
}

/// Answers commands until the client leaves or wants TLS; answers which.
async fn talk<S>(stream: &mut S, offers_tls: bool, told: &Mutex<Told>) -> std::io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let command = std::mem::take(&mut line).trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        let answer = match verb {
            "EHLO" if offers_tls => "250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
            "EHLO" => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n",
            "STARTTLS" if offers_tls => "220 go on\r\n",
            "AUTH" => "235 welcome\r\n",
            "RCPT" if command.contains("refused@") => "550 no such mailbox\r\n",
            "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 ok\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while stream.read_line(&mut mail).await? > 0 && !mail.ends_with("\r\n.\r\n") {}
                told.lock().expect("not poisoned").mails.push(mail);
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "502 not known\r\n",
        };
        let (leaves, wants_tls) = (verb == "QUIT", answer == "220 go on\r\n");
        told.lock().expect("not poisoned").commands.push(command);
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        if leaves || wants_tls {
            return Ok(wants_tls);
        }
    }
    Ok(false)
}
