//! A full disk: writes are refused, reads go on, and space that comes back is used without a restart.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Client, Server, assert_intact, pause, program};

/// A small file system of its own, where the machine lets us.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(dir.path()).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(dir)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A channel that the test writes to.
struct Chat {
    at: String,
    /// The messages that were answered with 201: SID and index.
    kept: Vec<(String, i64)>,
}

impl Chat {
    fn new(client: &mut Client) -> Self {
        let service = client.post("/v2/Services", &[("FriendlyName", "disk")]).expect(201).sid();
        let channels = format!("/v2/Services/{service}/Channels");
        let at = format!("{channels}/{}", client.post(&channels, &[]).expect(201).sid());
        Self { at, kept: Vec::new() }
    }

    fn send(&mut self, client: &mut Client, bytes: usize) -> (u16, i64) {
        let answer = client.post(&format!("{}/Messages", self.at), &[("Body", &"x".repeat(bytes))]);
        if answer.status == 201 {
            self.kept.push((answer.sid(), answer.int("index")));
        }
        answer.outcome()
    }

    /// Writes until the disk is full, down to the smallest message.
    fn fill(&mut self, client: &mut Client) {
        for bytes in [20_000, 2_000, 10] {
            let started = Instant::now();
            loop {
                match self.send(client, bytes) {
                    (201, _) => assert!(started.elapsed() < Duration::from_mins(1), "the disk never fills"),
                    refusal => {
                        assert_eq!(refusal, (503, 20_503));
                        break;
                    }
                }
            }
        }
    }

    /// Other writes are refused too, and what is there can be read.
    fn is_read_only(&self, client: &mut Client) {
        let refused = client.post(&format!("{}/Members", self.at), &[("Identity", "refused")]);
        assert_eq!(refused.outcome(), (503, 20_503), "{refused:?}");
        let refusal = refused.json();
        assert_eq!(
            (refusal["message"].as_str(), refusal["status"].as_u64()),
            (Some("Service unavailable"), Some(503))
        );
        self.holds(client);
        client.get("/readyz").expect(200);
    }

    fn holds(&self, client: &mut Client) {
        let rows = client.list(&format!("{}/Messages", self.at), "messages");
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                (row["sid"].as_str().expect("a SID").to_owned(), row["index"].as_i64().expect("an index"))
            })
            .collect();
        assert_eq!(found, self.kept, "what was answered is not what is there");
        assert!(
            found.iter().zip(0..).all(|((_, index), wanted)| *index == wanted),
            "a refused write took an index"
        );
        assert_eq!(client.get(&self.at).expect(200).int("messages_count"), found.len() as i64);
    }

    /// Writes pass again, at once or after the purger's pause.
    fn recovers(&mut self, client: &mut Client) {
        let started = Instant::now();
        while self.send(client, 10).0 != 201 {
            assert!(started.elapsed() < Duration::from_secs(10), "writes are still refused");
            pause(Duration::from_millis(50));
        }
        for _ in 0..20 {
            assert_eq!(self.send(client, 1_000), (201, 0));
        }
        client.post(&format!("{}/Members", self.at), &[("Identity", "ann")]).expect(201);
        self.holds(client);
    }
}

#[test]
fn a_full_disk_refuses_writes_and_keeps_the_rest() {
    match Disk::mount() {
        Ok(disk) => on_a_small_disk(&disk),
        Err(reason) => {
            eprintln!(
                "no file system can be mounted here ({reason}): with a limit on the size of files instead"
            );
            under_a_file_limit();
        }
    }
}

/// Runs everywhere, and sees another of the operating system's refusals.
#[test]
fn a_limit_on_file_sizes_is_met_like_a_full_disk() {
    under_a_file_limit();
}

fn on_a_small_disk(disk: &Disk) {
    let file = disk.path().join("chat.db");
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 1 << 20]).expect("a ballast of 1 MiB");
    let mut server = Server::start(file.to_str().expect("a path"), &[]);
    let mut client = server.client();
    let mut chat = Chat::new(&mut client);
    chat.fill(&mut client);
    chat.is_read_only(&mut client);
    std::fs::remove_file(&ballast).expect("the ballast");
    chat.recovers(&mut client);
    // Full again, and then killed: what was answered is there when there is room.
    chat.fill(&mut client);
    chat.is_read_only(&mut client);
    server.crash();
    let resized = Command::new("mount").args(["-o", "remount,size=16m"]).arg(disk.path()).status();
    assert!(resized.expect("mount").success());
    let mut server = Server::start(file.to_str().expect("a path"), &[]);
    let mut client = server.client();
    chat.holds(&mut client);
    assert_eq!(chat.send(&mut client, 10), (201, 0));
    server.signal("TERM");
    assert_eq!(server.ended_within(Duration::from_secs(10)).code(), Some(0));
    assert_intact(&file);
}

fn under_a_file_limit() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("chat.db");
    let program = program();
    let mut command = Command::new("sh");
    // Blocks of 512 bytes or of 1 KiB, as the shell has it: 1 or 2 MiB. The signal would kill where an error is enough.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args([
        "-c",
        r#"ulimit -S -f 2048; trap "" XFSZ; exec "$0" ci --listen 127.0.0.1:0 --database "$1""#,
    ]);
    command.arg(program.get_program()).arg(&file).stderr(Stdio::null());
    let mut server = Server::spawn(&mut command);
    let mut client = server.client();
    let mut chat = Chat::new(&mut client);
    chat.fill(&mut client);
    chat.is_read_only(&mut client);
    let raised = Command::new("prlimit")
        .args([format!("--pid={}", server.child.id()), "--fsize=unlimited:".to_owned()])
        .stderr(Stdio::null())
        .status();
    if raised.is_ok_and(|status| status.success()) {
        chat.recovers(&mut client);
        server.signal("TERM");
        assert_eq!(server.ended_within(Duration::from_secs(10)).code(), Some(0));
    } else {
        eprintln!("prlimit is not there to take the limit away: a restart does");
        server.crash();
    }
    assert_intact(&file);
    let server = Server::start(file.to_str().expect("a path"), &[]);
    chat.holds(&mut server.client());
}
