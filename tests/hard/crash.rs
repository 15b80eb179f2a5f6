//! `kill -9` and SIGTERM under load: what was answered is kept, and every number still fits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Client, Database, Dice, Server, assert_intact, on_both_engines, pause};

const CHANNELS: usize = 4;
const WRITERS: usize = 8;
const IDENTITIES: usize = 12;
/// Whose consumption horizon is set, once per channel.
const READER: &str = "reader";

on_both_engines! {
    kill_nine_loses_nothing_that_was_answered = super::kill_nine;
    sigterm_under_load_ends_cleanly = super::sigterm;
}

/// What is known of something that was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    There,
    Gone,
    /// The connection ended before the answer came.
    Unsure,
}

#[derive(Debug)]
struct Sent {
    channel: usize,
    index: i64,
    body: String,
    state: Known,
}

/// What one writer has done. Its messages and identities are its own, so that its own answers say all about them.
#[derive(Default)]
struct Writer {
    number: usize,
    count: usize,
    messages: BTreeMap<String, Sent>,
    /// Bodies of messages that may have been stored.
    unsure: Vec<(usize, String)>,
    members: BTreeMap<(usize, String), Known>,
}

struct World {
    service: String,
    channels: Vec<String>,
}

impl World {
    fn new(client: &mut Client) -> Self {
        let service = client.post("/v2/Services", &[("FriendlyName", "crash")]).expect(201).sid();
        let under = format!("/v2/Services/{service}/Channels");
        let channels: Vec<_> = (0..CHANNELS).map(|_| client.post(&under, &[]).expect(201).sid()).collect();
        for channel in &channels {
            client.post(&format!("{under}/{channel}/Members"), &[("Identity", READER)]).expect(201);
        }
        Self { service, channels }
    }

    fn at(&self, channel: usize) -> String {
        format!("/v2/Services/{}/Channels/{}", self.service, self.channels[channel])
    }
}

impl Writer {
    /// Writes until the connection ends or `stop` is set.
    fn work(&mut self, world: &World, client: &mut Client, dice: &mut Dice, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let channel = dice.below(CHANNELS);
            let done = match dice.below(10) {
                0..=5 => self.send(world, client, channel),
                6..=7 => self.member(world, client, channel, dice.below(IDENTITIES)),
                _ => self.delete(world, client, dice),
            };
            if !done {
                break;
            }
        }
    }

    fn send(&mut self, world: &World, client: &mut Client, channel: usize) -> bool {
        self.count += 1;
        let body = format!("{}-{}", self.number, self.count);
        let form = crate::support::encode(&[("Body", &body)]);
        match client.send("POST", &format!("{}/Messages", world.at(channel)), &form) {
            Ok(answer) if answer.status == 201 => {
                let (sid, index) = (answer.sid(), answer.int("index"));
                let twice = self.messages.insert(sid, Sent { channel, index, body, state: Known::There });
                assert!(twice.is_none(), "a message SID was given twice");
                true
            }
            // A refusal says that nothing was stored.
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                false
            }
            Err(_) => {
                self.unsure.push((channel, body));
                false
            }
        }
    }

    fn member(&mut self, world: &World, client: &mut Client, channel: usize, who: usize) -> bool {
        let identity = format!("u{}-{who}", self.number);
        let at = format!("{}/Members", world.at(channel));
        let state = self.members.entry((channel, identity.clone())).or_insert(Known::Gone);
        let (method, path, form, wanted, after) = match state {
            Known::There => ("DELETE", format!("{at}/{identity}"), String::new(), 204, Known::Gone),
            _ => ("POST", at, crate::support::encode(&[("Identity", &identity)]), 201, Known::There),
        };
        match client.send(method, &path, &form) {
            Ok(answer) if answer.status == wanted => *state = after,
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                return false;
            }
            Err(_) => {
                *state = Known::Unsure;
                return false;
            }
        }
        true
    }

    fn delete(&mut self, world: &World, client: &mut Client, dice: &mut Dice) -> bool {
        let mine: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, m)| m.state == Known::There)
            .map(|(sid, _)| sid.clone())
            .collect();
        if mine.is_empty() {
            return true;
        }
        let sid = &mine[dice.below(mine.len())];
        let message = self.messages.get_mut(sid).expect("one of its own");
        match client.send("DELETE", &format!("{}/Messages/{sid}", world.at(message.channel)), "") {
            Ok(answer) if answer.status == 204 => message.state = Known::Gone,
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                return false;
            }
            Err(_) => {
                message.state = Known::Unsure;
                return false;
            }
        }
        true
    }
}

/// Compares what is there with what was answered, and settles what was unsure.
fn settle(world: &World, writers: &mut [Writer], client: &mut Client, round: usize) {
    let mut joined: HashMap<String, i64> = HashMap::from([(READER.to_owned(), CHANNELS as i64)]);
    for channel in 0..CHANNELS {
        let at = world.at(channel);
        let rows = client.list(&format!("{at}/Messages"), "messages");
        let mut there = BTreeMap::new();
        let mut bodies = BTreeMap::new();
        let mut indexes = BTreeSet::new();
        for row in &rows {
            let (sid, index) =
                (row["sid"].as_str().expect("a SID"), row["index"].as_i64().expect("an index"));
            let body = row["body"].as_str().expect("a body");
            assert!(indexes.insert(index), "round {round}: index {index} was given twice");
            assert!(there.insert(sid.to_owned(), (index, body.to_owned())).is_none());
            assert!(
                bodies.insert(body.to_owned(), sid.to_owned()).is_none(),
                "round {round}: {body} is there twice"
            );
        }
        let present = indexes.clone();
        for writer in writers.iter_mut() {
            for (of, body) in std::mem::take(&mut writer.unsure) {
                if of != channel {
                    writer.unsure.push((of, body));
                } else if let Some(sid) = bodies.get(&body) {
                    let index = there[sid].0;
                    writer.messages.insert(sid.clone(), Sent { channel, index, body, state: Known::There });
                }
            }
            for (sid, message) in writer.messages.iter_mut().filter(|(_, message)| message.channel == channel)
            {
                let found = there.remove(sid);
                match message.state {
                    Known::There => assert_eq!(
                        found,
                        Some((message.index, message.body.clone())),
                        "round {round}: an answered message is lost or changed"
                    ),
                    Known::Gone => assert_eq!(found, None, "round {round}: a deleted message is back"),
                    Known::Unsure => {
                        message.state = if found.is_some() { Known::There } else { Known::Gone };
                    }
                }
                indexes.insert(message.index);
            }
        }
        assert!(there.is_empty(), "round {round}: nobody sent {there:?}");
        let all: Vec<i64> = indexes.iter().copied().collect();
        let wanted: Vec<i64> = (0..all.len() as i64).collect();
        assert_eq!(all, wanted, "round {round}: the indexes have a gap");

        let count = |sent: i64| present.iter().filter(|index| **index > sent).count() as i64;
        let fetched = client.get(&at).expect(200);
        assert_eq!(fetched.int("messages_count"), count(-1), "round {round}");

        let members = client.list(&format!("{at}/Members"), "members");
        assert_eq!(fetched.int("members_count"), members.len() as i64, "round {round}");
        let mut members: BTreeSet<String> =
            members.iter().map(|row| row["identity"].as_str().expect("an identity").to_owned()).collect();
        assert!(members.remove(READER));
        for writer in writers.iter_mut() {
            for ((_, identity), state) in writer.members.iter_mut().filter(|((of, _), _)| *of == channel) {
                let found = members.remove(identity);
                match *state {
                    Known::Unsure => *state = if found { Known::There } else { Known::Gone },
                    known => assert_eq!(known == Known::There, found, "round {round}: {identity}"),
                }
                *joined.entry(identity.clone()).or_default() += i64::from(found);
            }
        }
        assert!(members.is_empty(), "round {round}: nobody added {members:?}");

        // Unread, from a horizon in the middle; then the next index.
        let horizon = all.len() as i64 / 2;
        let reader =
            format!("/v2/Services/{}/Users/{READER}/Channels/{}", world.service, world.channels[channel]);
        let seen = client.post(&reader, &[("LastConsumedMessageIndex", &horizon.to_string())]).expect(200);
        assert_eq!(seen.int("unread_messages_count"), count(horizon), "round {round}");
        assert_eq!(client.get(&reader).expect(200).int("unread_messages_count"), count(horizon));
        let probe = format!("probe {round}");
        let sent = client.post(&format!("{at}/Messages"), &[("Body", &probe)]).expect(201);
        assert_eq!(sent.int("index"), all.len() as i64, "round {round}: the next index");
        let index = all.len() as i64;
        writers[0].messages.insert(sent.sid(), Sent { channel, index, body: probe, state: Known::There });
    }
    for writer in writers.iter() {
        assert!(writer.unsure.is_empty());
    }
    for row in client.list(&format!("/v2/Services/{}/Users", world.service), "users") {
        let identity = row["identity"].as_str().expect("an identity");
        let count = row["joined_channels_count"].as_i64();
        let wanted = joined.get(identity).copied().unwrap_or(0);
        assert_eq!(count, Some(wanted), "round {round}: {identity}");
        let channels =
            client.list(&format!("/v2/Services/{}/Users/{identity}/Channels", world.service), "channels");
        assert_eq!(channels.len() as i64, wanted, "round {round}: {identity}");
    }
}

/// Writes from every connection until `end` has ended the server.
fn under_load(
    server: &mut Server,
    world: &World,
    writers: &mut [Writer],
    seed: u64,
    end: impl FnOnce(&mut Server),
) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in writers.iter_mut() {
            let mut client = server.client();
            let stop = &stop;
            let mut dice = Dice::new(seed * 100 + writer.number as u64);
            scope.spawn(move || writer.work(world, &mut client, &mut dice, stop));
        }
        end(server);
        stop.store(true, Ordering::Relaxed);
    });
}

fn writers() -> Vec<Writer> {
    (0..WRITERS).map(|number| Writer { number, ..Writer::default() }).collect()
}

fn kill_nine(database: &Database) {
    let url = database.url();
    let mut server = Server::start(&url, &[]);
    let world = World::new(&mut server.client());
    let mut writers = writers();
    for (round, delay) in [700, 1_130, 310, 1_470, 90].into_iter().enumerate() {
        under_load(&mut server, &world, &mut writers, round as u64 + 1, |server| {
            pause(Duration::from_millis(delay));
            server.crash();
        });
        server = Server::start(&url, &[]);
        settle(&world, &mut writers, &mut server.client(), round);
    }
    let answered: usize = writers.iter().map(|writer| writer.messages.len()).sum();
    assert!(answered > 100, "only {answered} messages were sent: no load");
    server.crash();
    if let Some(file) = database.file() {
        assert_intact(&file);
    }
}

fn sigterm(database: &Database) {
    let url = database.url();
    let mut server = Server::start(&url, &[]);
    let world = World::new(&mut server.client());
    let mut writers = writers();
    for round in 0..2 {
        under_load(&mut server, &world, &mut writers, round as u64 + 50, |server| {
            pause(Duration::from_millis(800));
            server.signal("TERM");
            let status = server.ended_within(Duration::from_secs(10));
            assert_eq!(status.code(), Some(0), "{status:?}");
        });
        if let Some(file) = database.file() {
            let log = file.with_file_name("chat.db-wal");
            let size = std::fs::metadata(&log).map_or(0, |data| data.len());
            assert_eq!(size, 0, "the write-ahead log was not folded in");
            assert_intact(&file);
        }
        server = Server::start(&url, &[]);
        settle(&world, &mut writers, &mut server.client(), round);
    }
}
