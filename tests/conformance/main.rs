//! The store's contract: the same assertions on SQLite in memory, SQLite in a file, and, where `PARTYLINE_TEST_PG` names
//! one, PostgreSQL.

#![expect(clippy::cast_possible_wrap, reason = "lengths of lists that a test made")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use partyline::args;
use partyline::config::{Config, Profile};
use partyline::domain::account::PutAccount;
use partyline::domain::at::{ChannelAt, InviteAt, MemberAt, MessageAt, Name, ServiceAt, UserAt};
use partyline::domain::channel::{Channel, ChannelType, CreateChannel, Dates, DeleteChannel};
use partyline::domain::invite::{CreateInvite, DeleteInvite};
use partyline::domain::member::{CreateMember, DeleteMember, UpdateMember};
use partyline::domain::message::{DeleteMessage, MessageView, SendMessage};
use partyline::domain::service::CreateService;
use partyline::domain::text::{Identity, UniqueName};
use partyline::domain::user::{CreateUser, DeleteUser};
use partyline::domain::user_channel::Status;
use partyline::error::ApiError;
use partyline::form::Patch;
use partyline::page::{Page, PageRequest};
use partyline::sid::{ChannelSid, InviteSid, MemberSid, MessageSid, ServiceSid, Sid as _, UserSid};
use partyline::store::messages::Order;
use partyline::store::{
    Arg, Command, Env, Store, ToArg as _, Tx, channels, invites, members, messages, user_channels, users,
};
use partyline::time::Clock;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config as Cases, TestRunner};

mod deliveries;

/// What a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Engine {
    Memory,
    File,
    Postgres,
}

/// Makes of `async fn body(Bed)` one test per engine.
macro_rules! contract {
    ($($(#[$doc:meta])* $name:ident = $body:path;)*) => {$(
        $(#[$doc])*
        mod $name {
            #[test]
            fn sqlite_in_memory() {
                crate::on(crate::Engine::Memory, $body);
            }

            #[test]
            fn sqlite_in_a_file() {
                crate::on(crate::Engine::File, $body);
            }

            #[test]
            fn postgres() {
                crate::on(crate::Engine::Postgres, $body);
            }
        }
    )*};
}

contract! {
    /// It leaves nothing, and those beside it are kept.
    a_command_that_fails_after_writing_fails_alone = super::failing;
    a_panic_in_a_command_harms_nobody_else = super::panicking;
    a_panic_in_a_read_harms_nobody_else = super::panicking_read;
    a_read_sees_what_was_committed_and_nothing_else = super::committed;
    sids_follow_the_order_of_commits = super::sid_order;
    /// Whoever reads a channel's messages by SID reads them by index.
    message_sids_follow_their_indexes_under_load = super::message_order;
    /// The roster grows at its end.
    member_sids_follow_their_events_under_load = super::member_order;
    /// Whoever has read a list to its end finds all that is new behind it. On PostgreSQL this holds for the lists of one
    /// channel alone: channels made at the same moment may commit in the other order (docs/ARCHITECTURE.md).
    a_list_grows_at_its_end_under_load = super::growing;
    lists_page_forward_and_backward = super::paging;
    a_merged_list_pages_like_a_plain_one = super::merged;
    values_come_back_as_they_went = super::values;
    texts_are_compared_byte_by_byte = super::texts;
    /// Every byte counts, the first most, and none has a sign.
    sids_are_ordered_byte_by_byte = super::bytes_order;
    a_closed_store_refuses_and_opens_again = super::closing;
    random_commands_agree_with_a_model = super::model;
}

/// A store with an account and a service in it.
struct Bed {
    engine: Engine,
    store: Store,
    env: Arc<Env>,
    at: ServiceAt,
    url: String,
}

fn environment() -> Arc<Env> {
    partyline::server::environment(&Config::defaults(Profile::Ci), Clock::System)
}

fn on<F: Future<Output = ()>>(engine: Engine, body: impl FnOnce(Bed) -> F) {
    on_with(engine, environment(), body);
}

fn on_with<F: Future<Output = ()>>(engine: Engine, env: Arc<Env>, body: impl FnOnce(Bed) -> F) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let admin = std::env::var("PARTYLINE_TEST_PG").unwrap_or_default();
    if engine == Engine::Postgres && admin.is_empty() {
        eprintln!("skipped: PARTYLINE_TEST_PG is not set");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let name = format!("partyline_store_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = match engine {
            Engine::Memory => ":memory:".to_owned(),
            Engine::File => dir.path().join("store.db").to_str().expect("a UTF-8 path").to_owned(),
            Engine::Postgres => {
                administer(&admin, &format!("CREATE DATABASE {name}")).await;
                let (address, query) = admin.split_once('?').map_or((admin.as_str(), ""), |(a, q)| (a, q));
                let slash =
                    address.rfind('/').filter(|at| *at > "postgresql://".len()).unwrap_or(address.len());
                format!("{}/{name}?{query}", &address[..slash]).trim_end_matches('?').to_owned()
            }
        };
        let store = Store::open(&url, env.clone()).await.expect("a store");
        let account = env.sids.next(env.clock.now());
        store
            .write(PutAccount { sid: account, auth_token: "t".into(), made_up: true })
            .await
            .expect("an account");
        let service =
            store.write(CreateService { account, friendly_name: "s".into() }).await.expect("a service");
        let at = ServiceAt { account, service: service.sid };
        body(Bed { engine, store: store.clone(), env, at, url }).await;
        store.close().await;
        if engine == Engine::Postgres {
            administer(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    });
}

async fn administer(url: &str, sql: &str) {
    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("PARTYLINE_TEST_PG answers");
    tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
}

/// A row of no meaning: `tally` takes any owner and kind.
#[derive(Clone)]
struct Put {
    owner: [u8; 16],
    kind: String,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    Fine,
    Fail,
    Panic,
}

const PUT: &str = "INSERT INTO tally (owner_sid, kind, n) VALUES ($1, $2, 1)";

impl Command for Put {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        tx.run(PUT, &[Arg::Bytes(&self.owner), Arg::Text(&self.kind)]).await?;
        match self.then {
            Then::Fine => Ok(()),
            Then::Fail => Err(ApiError::MemberExists),
            Then::Panic => panic!("as asked"),
        }
    }
}

/// The kinds that are there, in the order of the engine's index.
async fn kinds(store: &Store, owner: [u8; 16]) -> BTreeSet<String> {
    store
        .read(async |tx| {
            let mut kinds = BTreeSet::new();
            let owner = [Arg::Bytes(&owner)];
            tx.each("SELECT kind FROM tally WHERE owner_sid = $1", &owner, &mut |row| {
                kinds.insert(row.text(0)?.unwrap_or_default().to_owned());
                Ok(())
            })
            .await?;
            Ok(kinds)
        })
        .await
        .expect("a read")
}

/// Writes all at once; what must be there afterwards is.
async fn write_all(bed: &Bed, then: impl Fn(usize) -> Then) {
    for round in 0..4_u8 {
        let owner = [round; 16];
        let commands = (0..150).map(|i| Put { owner, kind: format!("k{i:03}"), then: then(i) });
        let tasks = commands.map(|command| {
            let (store, kind, then) = (bed.store.clone(), command.kind.clone(), command.then);
            let task = tokio::task::spawn_local(async move { store.write(command).await });
            async move { (kind, then, task.await) }
        });
        let mut wanted = BTreeSet::new();
        for (kind, then, result) in join_all(tasks).await {
            match (then, result) {
                (Then::Fine, Ok(Ok(()))) => {
                    wanted.insert(kind);
                }
                (Then::Fail, Ok(Err(ApiError::MemberExists)))
                | (Then::Panic, Ok(Err(ApiError::Store(_))) | Err(_)) => {}
                (then, result) => panic!("{kind} was to {then:?} and had {result:?}"),
            }
        }
        assert_eq!(kinds(&bed.store, owner).await, wanted, "round {round}");
    }
}

async fn failing(bed: Bed) {
    write_all(&bed, |i| if i % 7 == 3 { Then::Fail } else { Then::Fine }).await;
    write_all_alone(&bed, Then::Fail).await;
}

async fn panicking(bed: Bed) {
    write_all(&bed, |i| match i % 25 {
        3 => Then::Panic,
        11 => Then::Fail,
        _ => Then::Fine,
    })
    .await;
    write_all_alone(&bed, Then::Panic).await;
}

/// The same with nobody beside it.
async fn write_all_alone(bed: &Bed, then: Then) {
    let owner = [0x77; 16];
    for i in 0..5 {
        let (store, command) = (bed.store.clone(), Put { owner, kind: format!("gone{i}"), then });
        let result = tokio::task::spawn_local(async move { store.write(command).await }).await;
        assert!(!matches!(result, Ok(Ok(()))));
        bed.store.write(Put { owner, kind: format!("kept{i}"), then: Then::Fine }).await.expect("a write");
    }
    let found = kinds(&bed.store, owner).await;
    assert_eq!(found, (0..5).map(|i| format!("kept{i}")).collect());
}

async fn panicking_read(bed: Bed) {
    let owner = [1; 16];
    bed.store.write(Put { owner, kind: "a".into(), then: Then::Fine }).await.expect("a write");
    for _ in 0..20 {
        let store = bed.store.clone();
        let task = tokio::task::spawn_local(async move {
            store
                .read(async |tx| {
                    tx.each("SELECT kind FROM tally", &[], &mut |_| panic!("as asked")).await?;
                    Ok(())
                })
                .await
        });
        assert!(!matches!(task.await, Ok(Ok(()))));
        assert_eq!(kinds(&bed.store, owner).await.len(), 1);
    }
    bed.store.write(Put { owner, kind: "b".into(), then: Then::Fine }).await.expect("a write");
    assert_eq!(kinds(&bed.store, owner).await.len(), 2, "reads see an old snapshot for ever");
}

/// Writes, then stays in its transaction until it is let go.
struct Held {
    put: Put,
    entered: Arc<AtomicBool>,
    release: Arc<AtomicBool>,
    yields: bool,
}

impl Command for Held {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        self.put.run(tx).await?;
        self.entered.store(true, Ordering::SeqCst);
        while !self.release.load(Ordering::SeqCst) {
            // SQLite's writer has a thread of its own; PostgreSQL's commands share this one.
            if self.yields { tokio::task::yield_now().await } else { std::thread::yield_now() }
        }
        Ok(())
    }
}

async fn committed(bed: Bed) {
    let owner = [2; 16];
    let put = |kind: &str| Put { owner, kind: kind.into(), then: Then::Fine };
    bed.store.write(put("before")).await.expect("a write");
    assert_eq!(kinds(&bed.store, owner).await.len(), 1, "what was answered is there to read");
    // One connection in memory: nothing can be read while something is written.
    if bed.engine == Engine::Memory {
        return;
    }
    let (entered, release) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let held = Held {
        put: put("held"),
        entered: entered.clone(),
        release: release.clone(),
        yields: bed.engine == Engine::Postgres,
    };
    let store = bed.store.clone();
    let writing = tokio::task::spawn_local(async move { store.write(held).await });
    while !entered.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    let meanwhile = kinds(&bed.store, owner).await;
    release.store(true, Ordering::SeqCst);
    writing.await.expect("no panic").expect("a write");
    assert_eq!(meanwhile.len(), 1, "a read saw what was not committed");
    assert_eq!(kinds(&bed.store, owner).await.len(), 2);
}

impl Bed {
    fn channel_at(&self, channel: ChannelSid) -> ChannelAt {
        ChannelAt { service: self.at, channel: Name::Sid(channel) }
    }

    async fn channel(&self) -> Channel {
        self.named(None).await.expect("a channel")
    }

    async fn named(&self, unique_name: Option<&str>) -> Result<Channel, ApiError> {
        let unique_name = unique_name.map(|name| UniqueName::parse(name, 256)).transpose()?;
        let command = CreateChannel {
            at: self.at,
            friendly_name: None,
            unique_name,
            attributes: None,
            kind: ChannelType::Public,
            dates: Dates::default(),
            created_by: "system".into(),
        };
        self.store.write(command).await
    }

    fn identity(&self, text: &str) -> Identity {
        Identity::parse(text, &self.env.limits).expect("an identity")
    }

    fn join(&self, channel: ChannelSid, who: &str) -> CreateMember {
        CreateMember {
            at: self.channel_at(channel),
            identity: self.identity(who),
            role: None,
            last_consumed_index: None,
            last_consumed_at: None,
            dates: Dates::default(),
            attributes: None,
        }
    }

    fn message(&self, channel: ChannelSid) -> SendMessage {
        SendMessage {
            at: self.channel_at(channel),
            body: "x".into(),
            author: "system".into(),
            attributes: None,
            media: None,
            dates: Dates::default(),
            last_updated_by: None,
        }
    }

    fn new_user(&self, who: &str) -> CreateUser {
        let identity = self.identity(who);
        CreateUser { at: self.at, identity, role: None, friendly_name: None, attributes: None }
    }
}

async fn sid_order(bed: Bed) {
    let mut last = None;
    for i in 0..100 {
        let sid = bed.channel().await.sid;
        assert!(last.is_none_or(|last| sid > last), "channel {i} sorts before an earlier one");
        last = Some(sid);
    }
}

async fn message_order(bed: Bed) {
    let channel = bed.channel().await.sid;
    for _ in 0..5 {
        let sent = join_all((0..64).map(|_| bed.store.write(bed.message(channel)))).await;
        let mut sent: Vec<_> =
            sent.into_iter().map(|message| message.expect("a message")).map(|m| (m.index, m.sid)).collect();
        sent.sort_unstable();
        assert!(sent.windows(2).all(|pair| pair[0].1 < pair[1].1), "a SID sorts against its index: {sent:?}");
    }
}

async fn member_order(bed: Bed) {
    let channel = bed.channel().await.sid;
    let joined = join_all((0..64).map(|i| bed.store.write(bed.join(channel, &format!("u{i}"))))).await;
    let mut joined: Vec<_> = joined
        .into_iter()
        .map(|member| member.expect("a member"))
        .map(|m| (m.created_event, m.sid))
        .collect();
    joined.sort_unstable();
    assert!(joined.windows(2).all(|pair| pair[0].1 < pair[1].1), "a SID sorts against its event: {joined:?}");
}

async fn growing(bed: Bed) {
    if bed.engine == Engine::Postgres {
        return;
    }
    let bed = std::rc::Rc::new(bed);
    let left = std::rc::Rc::new(std::cell::Cell::new(16));
    for _ in 0..16 {
        let (bed, left) = (bed.clone(), left.clone());
        tokio::task::spawn_local(async move {
            for _ in 0..25 {
                bed.channel().await;
                tokio::task::yield_now().await;
            }
            left.set(left.get() - 1);
        });
    }
    let page = PageRequest { size: 10_000, number: 0, from: None };
    let mut seen: Vec<ChannelSid> = Vec::new();
    while left.get() > 0 || seen.len() < 400 {
        let rows = bed.store.read(async |tx| Ok(channels::page(tx, bed.at, &[], &page).await?)).await;
        let now: Vec<_> = rows.expect("a list").rows.iter().map(|channel| channel.sid).collect();
        assert!(now.starts_with(&seen), "a row came in before one that was there already");
        seen = now;
        tokio::task::yield_now().await;
    }
}

/// Walks a list to its end and back, and answers what the way there and the way back saw.
async fn walk<R, T: Copy + std::fmt::Debug + PartialEq>(
    size: i64,
    mut page: impl AsyncFnMut(PageRequest<T>) -> Page<R, T>,
) -> (Vec<Vec<R>>, Vec<Vec<R>>) {
    let (mut there, mut back, mut from) = (Vec::new(), Vec::new(), None);
    loop {
        let found = page(PageRequest { size, number: 0, from }).await;
        assert!(from.is_some() || found.previous.is_none(), "something is before the first page");
        there.push(found.rows);
        match found.next {
            Some(next) => from = Some(next),
            None => break,
        }
        assert!(there.len() < 100, "the list has no end");
    }
    while from.is_some() {
        let found = page(PageRequest { size, number: 0, from }).await;
        from = found.previous;
        back.push(found.rows);
        assert!(back.len() < 100, "the list has no beginning");
    }
    back.reverse();
    (there, back)
}

fn assert_walk<R: PartialEq + std::fmt::Debug>(walked: (Vec<Vec<R>>, Vec<Vec<R>>), all: &[R], size: usize) {
    let (there, back) = walked;
    assert!(there.iter().rev().skip(1).all(|rows| rows.len() == size), "a page in the middle is not full");
    if there.len() > 1 {
        assert!(there.last().is_some_and(|rows| !rows.is_empty()), "an empty page at the end");
        assert_eq!(back, there, "the way back is not the way there");
    }
    let seen: Vec<R> = there.into_iter().flatten().collect();
    assert_eq!(seen, all);
}

async fn paging(bed: Bed) {
    let channel = bed.channel().await.sid;
    let mut sent = Vec::new();
    for _ in 0..23 {
        sent.push(bed.store.write(bed.message(channel)).await.expect("a message"));
    }
    for index in [0, 7, 8, 14, 22] {
        let at = MessageAt { channel: bed.channel_at(channel), message: sent[index].sid };
        bed.store.write(DeleteMessage { at }).await.expect("a deletion");
    }
    let mut kept: Vec<i64> = (0..23).filter(|index| ![0, 7, 8, 14, 22].contains(index)).collect();
    for i in 0..20 {
        bed.store.write(bed.new_user(&format!("u{i}"))).await.expect("a user");
    }
    let all = PageRequest { size: 1_000, number: 0, from: None };
    let everybody =
        bed.store.read(async |tx| Ok(users::page(tx, bed.at, &all).await?)).await.expect("users").rows;
    let everybody: Vec<UserSid> = everybody.iter().map(|user| user.sid).collect();
    assert!(everybody.len() == 20 && everybody.is_sorted());
    for size in [1, 2, 7, 9, 18, 20, 21, 100] {
        for order in [Order::Ascending, Order::Descending] {
            let walked = walk(size, async |request: PageRequest<i64>| {
                let mut rows = Vec::new();
                let mut show = |message: &MessageView<'_>| rows.push(message.index);
                let page = bed
                    .store
                    .read(async |tx| Ok(messages::page(tx, channel, order, &request, &mut show).await?))
                    .await
                    .expect("a page");
                Page { rows, previous: page.previous, next: page.next }
            })
            .await;
            assert_walk(walked, &kept, usize::try_from(size).expect("small"));
            kept.reverse();
        }
        let walked = walk(size, async |request: PageRequest<UserSid>| {
            let page = bed.store.read(async |tx| Ok(users::page(tx, bed.at, &request).await?)).await;
            let Page { rows, previous, next } = page.expect("a page");
            Page { rows: rows.into_iter().map(|user| user.sid).collect(), previous, next }
        })
        .await;
        assert_walk(walked, &everybody, usize::try_from(size).expect("small"));
    }
}

async fn merged(bed: Bed) {
    let channel = bed.channel().await.sid;
    let names: Vec<String> = (0..17).map(|i| format!("u{}", i * 7 % 17)).collect();
    for name in &names {
        bed.store.write(bed.join(channel, name)).await.expect("a member");
    }
    let mut asked: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != "u3").collect();
    asked.sort_unstable();
    let wanted: Vec<String> = names.iter().filter(|name| *name != "u3").cloned().collect();
    for size in [1, 3, 5, 16, 50] {
        let walked = walk(size, async |request: PageRequest<MemberSid>| {
            let read = async |tx: &Tx<'_>| Ok(members::page(tx, channel, Some(&asked), &request).await?);
            let Page { rows, previous, next } = bed.store.read(read).await.expect("a page");
            Page { rows: rows.into_iter().map(|member| member.identity).collect(), previous, next }
        })
        .await;
        assert_walk(walked, &wanted, usize::try_from(size).expect("small"));
    }
}

/// Writes one row of every type, present or NULL.
struct Values {
    sid: [u8; 16],
    text: Option<String>,
    truth: bool,
    number: i64,
}

impl Command for Values {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        tx.run(
            "INSERT INTO credential (sid, account_sid, friendly_name, type, sandbox, certificate, created_at, updated_at)
             VALUES ($1, $1, $2, 'x', $3, NULL, $4, $4)",
            &[Arg::Bytes(&self.sid), self.text.to_arg(), Arg::Bool(self.truth), Arg::Int(self.number)],
        )
        .await?;
        Ok(())
    }
}

async fn values(bed: Bed) {
    let texts = [
        "",
        " ",
        "a",
        "NULL",
        "é",
        "e\u{301}",
        "\u{1f388}",
        "\u{10ffff}",
        "\u{1}",
        "'\"\\;--$1?",
        "\u{feff}x",
    ];
    let long = "x\u{e9}".repeat(20_000);
    let texts: Vec<Option<String>> =
        texts.iter().map(|text| Some((*text).to_owned())).chain([None, Some(long)]).collect();
    let numbers = [0, 1, -1, i64::MIN, i64::MAX, 1 << 53, 253_402_300_799_999_999];
    for (i, text) in (0_u8..).zip(&texts) {
        let sid = [i.wrapping_mul(37); 16];
        let (truth, number) = (i % 2 == 0, numbers[usize::from(i) % numbers.len()]);
        bed.store.write(Values { sid, text: text.clone(), truth, number }).await.expect("a write");
        let row = bed
            .store
            .read(async |tx| {
                let mut found = None;
                let sql = "SELECT sid, friendly_name, sandbox, certificate, created_at FROM credential WHERE sid = $1";
                tx.each(sql, &[Arg::Bytes(&sid)], &mut |row| {
                    found = Some((
                        row.bytes(0)?.map(<[u8]>::to_vec),
                        row.text(1)?.map(str::to_owned),
                        row.bool(2)?,
                        row.text(3)?.map(str::to_owned),
                        row.int(4)?,
                    ));
                    Ok(())
                })
                .await?;
                Ok(found)
            })
            .await;
        let wanted = (Some(sid.to_vec()), text.clone(), Some(truth), None, Some(number));
        assert_eq!(row.expect("a read"), Some(wanted));
    }
    // A NULL is no text, not even the empty one.
    let count = |sql: &'static str| {
        bed.store.read(async move |tx| {
            let mut n = None;
            tx.each(sql, &[], &mut |row| {
                n = row.int(0)?;
                Ok(())
            })
            .await?;
            Ok(n)
        })
    };
    assert_eq!(
        count("SELECT COUNT(*) FROM credential WHERE friendly_name IS NULL").await.expect("n"),
        Some(1)
    );
    assert_eq!(count("SELECT COUNT(*) FROM credential WHERE friendly_name = ''").await.expect("n"), Some(1));
    assert_eq!(count("SELECT COUNT(*) FROM credential WHERE sandbox").await.expect("n"), Some(7));
}

async fn texts(bed: Bed) {
    let names = [
        "name",
        "Name",
        "NAME",
        "name ",
        " name",
        "nåme",
        "na\u{30a}me",
        "n\u{200b}ame",
        "name\u{0}".trim_end_matches('\0'),
        "ｎame",
    ];
    let mut known = BTreeMap::new();
    for name in names {
        match bed.named(Some(name)).await {
            Ok(channel) => assert!(known.insert(name, channel.sid).is_none(), "{name:?} was given twice"),
            Err(ApiError::UniqueNameTaken) => {
                assert!(known.contains_key(name), "{name:?} is taken by another text");
            }
            Err(error) => panic!("{error}"),
        }
    }
    for (name, sid) in &known {
        let found = bed.store.read(async |tx| Ok(channels::sid_of(tx, bed.at.service, name).await?)).await;
        assert_eq!(found.expect("a read"), Some(*sid), "{name:?}");
    }
    let channel = known["name"];
    for who in ["ann", "Ann", "ANN", "ann ", "änn", "a\u{308}nn"] {
        bed.store.write(bed.join(channel, who)).await.expect("each is somebody else");
        let again = bed.store.write(bed.join(channel, who)).await;
        assert!(matches!(again, Err(ApiError::MemberExists)), "{again:?}");
    }
}

async fn bytes_order(bed: Bed) {
    let owners: Vec<[u8; 16]> = [0_u8, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff]
        .iter()
        .flat_map(|first| {
            let mut later = [*first; 16];
            later[15] = later[15].wrapping_add(1);
            [[*first; 16], later]
        })
        .collect();
    for owner in owners.iter().rev() {
        bed.store
            .write(Put { owner: *owner, kind: "order".into(), then: Then::Fine })
            .await
            .expect("a write");
    }
    let mut wanted = owners;
    wanted.sort_unstable();
    let read = async |tx: &Tx<'_>| {
        let mut found = Vec::new();
        tx.each("SELECT owner_sid FROM tally WHERE kind = 'order' ORDER BY owner_sid", &[], &mut |row| {
            found.push(row.bytes(0)?.unwrap_or_default().to_vec());
            Ok(())
        })
        .await?;
        Ok(found)
    };
    let found = bed.store.read(read).await.expect("a read");
    assert_eq!(found, wanted.iter().map(|owner| owner.to_vec()).collect::<Vec<_>>());
    let middle = [0x80_u8; 16];
    let above = bed.store.read(async |tx| {
        let mut n = 0;
        let sql = "SELECT 1 FROM tally WHERE kind = 'order' AND owner_sid > $1";
        tx.each(sql, &[Arg::Bytes(&middle)], &mut |_| {
            n += 1;
            Ok(())
        })
        .await?;
        Ok(n)
    });
    assert_eq!(above.await.expect("a read"), wanted.iter().filter(|owner| **owner > middle).count());
}

async fn closing(bed: Bed) {
    if bed.engine == Engine::Memory {
        return;
    }
    let owner = [9; 16];
    let put = |i: usize| Put { owner, kind: format!("k{i}"), then: Then::Fine };
    let writes: Vec<_> = (0..100).map(|i| bed.store.write(put(i))).collect();
    let answers = join_all(writes).await;
    bed.store.close().await;
    let late = bed.store.write(put(1_000)).await;
    assert!(matches!(&late, Err(error) if error.code_and_status() == (20_503, 503)), "{late:?}");
    let again = Store::open(&bed.url, environment()).await.expect("the same store");
    let found = kinds(&again, owner).await;
    assert_eq!(found.len(), answers.iter().filter(|answer| answer.is_ok()).count());
    assert_eq!(found.len(), 100);
    again.close().await;
}

// The model.

const PEOPLE: usize = 5;
const ROOMS: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    Delete(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Send(usize),
    /// Of the messages that are there, the one at this place.
    Unsend(usize, prop::sample::Index),
    Read(usize, usize, i64),
    Invite(usize, usize),
    Uninvite(usize, usize),
    Register(usize),
    Forget(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (room, who) = (0..ROOMS, 0..PEOPLE);
    let both = (0..ROOMS, 0..PEOPLE);
    let step = prop_oneof![
        3 => room.clone().prop_map(Step::Create),
        1 => room.clone().prop_map(Step::Delete),
        6 => both.clone().prop_map(|(room, who)| Step::Join(room, who)),
        3 => both.clone().prop_map(|(room, who)| Step::Leave(room, who)),
        10 => room.clone().prop_map(Step::Send),
        4 => (room, any::<prop::sample::Index>()).prop_map(|(room, at)| Step::Unsend(room, at)),
        3 => (0..ROOMS, 0..PEOPLE, 0..70_i64).prop_map(|(room, who, index)| Step::Read(room, who, index)),
        3 => both.clone().prop_map(|(room, who)| Step::Invite(room, who)),
        1 => both.prop_map(|(room, who)| Step::Uninvite(room, who)),
        2 => who.clone().prop_map(Step::Register),
        1 => who.prop_map(Step::Forget),
    ];
    prop::collection::vec(step, 1..120)
}

#[derive(Default)]
struct Room {
    sid: Option<ChannelSid>,
    next: i64,
    messages: BTreeMap<i64, MessageSid>,
    members: BTreeMap<usize, Option<i64>>,
    invites: BTreeMap<usize, InviteSid>,
}

#[derive(Default)]
struct Model {
    rooms: [Room; ROOMS],
    people: BTreeSet<usize>,
}

fn person(who: usize) -> String {
    format!("person{who}")
}

#[expect(clippy::too_many_lines, reason = "one arm per step")]
/// Runs a step on both, and compares what they answer.
async fn step(bed: &Bed, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    // A room that is not there is a channel that nobody made.
    let nowhere = ChannelSid::from_bytes([0xee; 16]);
    let sid_of = |model: &Model, room: usize| model.rooms[room].sid.unwrap_or(nowhere);
    let code = |error: &ApiError| error.code_and_status().0;
    let (answer, wanted): (Result<(), ApiError>, u32) = match step {
        Step::Create(room) => {
            if model.rooms[*room].sid.is_none() {
                let channel = bed.named(Some(&format!("room{room}"))).await;
                model.rooms[*room].sid = channel.as_ref().ok().map(|channel| channel.sid);
                (channel.map(drop), 0)
            } else {
                (bed.named(Some(&format!("room{room}"))).await.map(drop), 50_307)
            }
        }
        Step::Delete(room) => {
            let answer = bed.store.write(DeleteChannel { at: bed.channel_at(sid_of(model, *room)) }).await;
            let was = std::mem::take(&mut model.rooms[*room]).sid.is_some();
            (answer, if was { 0 } else { 20_404 })
        }
        Step::Join(room, who) => {
            let answer = bed.store.write(bed.join(sid_of(model, *room), &person(*who))).await.map(drop);
            let place = &mut model.rooms[*room];
            let wanted = if place.sid.is_none() {
                20_404
            } else if place.members.contains_key(who) {
                50_404
            } else {
                place.members.insert(*who, None);
                place.invites.remove(who);
                model.people.insert(*who);
                0
            };
            (answer, wanted)
        }
        Step::Leave(room, who) => {
            let member = Name::Other(person(*who));
            let at = MemberAt { channel: bed.channel_at(sid_of(model, *room)), member };
            let answer = bed.store.write(DeleteMember { at }).await;
            let was = model.rooms[*room].members.remove(who).is_some();
            (answer, if was { 0 } else { 20_404 })
        }
        Step::Send(room) => {
            let answer = bed.store.write(bed.message(sid_of(model, *room))).await;
            let place = &mut model.rooms[*room];
            if place.sid.is_none() {
                (answer.map(drop), 20_404)
            } else {
                if let Ok(message) = &answer {
                    prop_assert_eq!(message.index, place.next);
                    place.messages.insert(message.index, message.sid);
                    place.next += 1;
                }
                (answer.map(drop), 0)
            }
        }
        Step::Unsend(room, at) => {
            let there: Vec<_> =
                model.rooms[*room].messages.iter().map(|(index, sid)| (*index, *sid)).collect();
            let chosen = if there.is_empty() { None } else { Some(*at.get(&there)) };
            let message = chosen.map_or(MessageSid::from_bytes([0xee; 16]), |(_, sid)| sid);
            let at = MessageAt { channel: bed.channel_at(sid_of(model, *room)), message };
            let answer = bed.store.write(DeleteMessage { at }).await;
            if let Some((index, _)) = chosen {
                model.rooms[*room].messages.remove(&index);
            }
            (answer, if chosen.is_some() { 0 } else { 20_404 })
        }
        Step::Read(room, who, index) => {
            let member = Name::Other(person(*who));
            let command = UpdateMember {
                at: MemberAt { channel: bed.channel_at(sid_of(model, *room)), member },
                role: None,
                last_consumed_index: Patch::Set(*index),
                last_consumed_at: Patch::Keep,
                dates: Dates::default(),
                attributes: Patch::Keep,
            };
            let answer = bed.store.write(command).await.map(drop);
            let horizon = model.rooms[*room].members.get_mut(who);
            let was = horizon.is_some();
            if let Some(horizon) = horizon {
                *horizon = Some(*index);
            }
            (answer, if was { 0 } else { 20_404 })
        }
        Step::Invite(room, who) => {
            let (at, identity) = (bed.channel_at(sid_of(model, *room)), bed.identity(&person(*who)));
            let answer = bed.store.write(CreateInvite { at, identity, role: None }).await;
            let place = &mut model.rooms[*room];
            let wanted = if place.sid.is_none() || !model.people.contains(who) {
                20_404
            } else if place.members.contains_key(who) {
                50_404
            } else if place.invites.contains_key(who) {
                50_212
            } else {
                if let Ok(invite) = &answer {
                    place.invites.insert(*who, invite.sid);
                }
                0
            };
            (answer.map(drop), wanted)
        }
        Step::Uninvite(room, who) => {
            let known = model.rooms[*room].invites.remove(who);
            let invite = known.unwrap_or(InviteSid::from_bytes([0xee; 16]));
            let at = InviteAt { channel: bed.channel_at(sid_of(model, *room)), invite };
            (bed.store.write(DeleteInvite { at }).await, if known.is_some() { 0 } else { 20_404 })
        }
        Step::Register(who) => {
            let answer = bed.store.write(bed.new_user(&person(*who))).await.map(drop);
            (answer, if model.people.insert(*who) { 0 } else { 50_201 })
        }
        Step::Forget(who) => {
            let at = UserAt { service: bed.at, user: Name::Other(person(*who)) };
            let answer = bed.store.write(DeleteUser { at }).await;
            for room in &mut model.rooms {
                room.members.remove(who);
                room.invites.remove(who);
            }
            (answer, if model.people.remove(who) { 0 } else { 20_404 })
        }
    };
    let answered = answer.as_ref().err().map_or(0, code);
    prop_assert_eq!(answered, wanted, "{:?}: {:?}", step, answer);
    Ok(())
}

/// Compares every counter and every list.
async fn compare(bed: &Bed, model: &Model) -> Result<(), TestCaseError> {
    let all = PageRequest { size: 1_000, number: 0, from: None };
    let read = async |tx: &Tx<'_>| Ok(channels::page(tx, bed.at, &[], &all).await?);
    let rooms = bed.store.read(read).await.expect("channels").rows;
    prop_assert_eq!(rooms.len(), model.rooms.iter().filter(|room| room.sid.is_some()).count());
    for (number, room) in model.rooms.iter().enumerate() {
        let Some(sid) = room.sid else { continue };
        let name = ChannelAt { service: bed.at, channel: Name::Other(format!("room{number}")) };
        let mut listed = Vec::new();
        let mut show = |message: &MessageView<'_>| listed.push((message.index, message.sid));
        let (channel, _, people, invited) = bed
            .store
            .read(async |tx| {
                Ok((
                    channels::find(tx, &name).await?,
                    messages::page(
                        tx,
                        sid,
                        Order::Ascending,
                        &PageRequest { size: 1_000, number: 0, from: None },
                        &mut show,
                    )
                    .await?,
                    members::of_channel(tx, sid).await?,
                    invites::of_channel(tx, sid).await?,
                ))
            })
            .await
            .expect("a channel");
        let channel = channel.expect("the channel of the name");
        prop_assert_eq!(channel.sid, sid);
        prop_assert_eq!(channel.next_index, room.next);
        prop_assert_eq!(channel.messages_count, room.messages.len() as i64);
        prop_assert_eq!(channel.members_count, room.members.len() as i64);
        prop_assert_eq!(channel.last_message_sid, room.messages.last_key_value().map(|(_, sid)| *sid));
        prop_assert_eq!(listed, room.messages.iter().map(|(index, sid)| (*index, *sid)).collect::<Vec<_>>());
        let people: BTreeMap<_, _> =
            people.iter().map(|member| (member.identity.clone(), member.last_consumed_index)).collect();
        let wanted: BTreeMap<_, _> =
            room.members.iter().map(|(who, horizon)| (person(*who), *horizon)).collect();
        prop_assert_eq!(people, wanted);
        let invited: BTreeMap<_, _> =
            invited.iter().map(|invite| (invite.identity.clone(), invite.sid)).collect();
        prop_assert_eq!(invited, room.invites.iter().map(|(who, sid)| (person(*who), *sid)).collect());
    }
    let read = async |tx: &Tx<'_>| {
        Ok(users::page(tx, bed.at, &PageRequest { size: 1_000, number: 0, from: None }).await?)
    };
    let people = bed.store.read(read).await.expect("users").rows;
    prop_assert_eq!(people.len(), model.people.len());
    for who in &model.people {
        let user = people.iter().find(|user| user.identity == person(*who)).expect("the user");
        let mut wanted = BTreeMap::new();
        for room in &model.rooms {
            let Some(sid) = room.sid else { continue };
            if let Some(horizon) = room.members.get(who) {
                let unread =
                    horizon.map(|at| room.messages.keys().filter(|index| **index > at).count() as i64);
                wanted.insert(sid, (Status::Joined, unread));
            } else if room.invites.contains_key(who) {
                wanted.insert(sid, (Status::Invited, None));
            }
        }
        let joined = wanted.values().filter(|(status, _)| *status == Status::Joined).count() as i64;
        prop_assert_eq!(user.joined_channels_count, joined, "{}", user.identity);
        let page = PageRequest { size: 1_000, number: 0, from: None };
        let read = async |tx: &Tx<'_>| Ok(user_channels::page(tx, user.sid, &page).await?);
        let found = bed.store.read(read).await.expect("user channels").rows;
        let found: BTreeMap<_, _> =
            found.iter().map(|row| (row.channel_sid, (row.status, row.unread_messages_count))).collect();
        prop_assert_eq!(found, wanted, "{}", user.identity);
    }
    Ok(())
}

async fn model(bed: Bed) {
    let cases = match bed.engine {
        Engine::Memory => 150,
        Engine::File => 20,
        Engine::Postgres => 15,
    };
    let mut runner = TestRunner::new(Cases { cases, failure_persistence: None, ..Cases::default() });
    let (account, started) = (bed.at.account, Instant::now());
    let bed = std::cell::RefCell::new(bed);
    // The runner is no async one: its cases run on the store's own runtime, on another thread than this future's.
    let tree = |runner: &mut TestRunner| steps().new_tree(runner).expect("steps");
    for case in 0..cases {
        let mut tree = tree(&mut runner);
        let outcome = run_case(&bed, account, &tree.current()).await;
        let Err(first) = outcome else { continue };
        // Shrinks by hand, within bounds.
        let (mut smallest, mut reason) = (tree.current(), first);
        let mut tries = 0;
        let mut more = tree.simplify();
        while more && tries < 300 && started.elapsed() < Duration::from_mins(1) {
            tries += 1;
            let candidate = tree.current();
            more = match run_case(&bed, account, &candidate).await {
                Err(error) => {
                    (smallest, reason) = (candidate, error);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        panic!("case {case}: {reason}\nafter {smallest:#?}");
    }
}

/// One case, in a service of its own.
#[expect(clippy::await_holding_refcell_ref, reason = "cases run one after the other")]
async fn run_case(
    bed: &std::cell::RefCell<Bed>,
    account: partyline::sid::AccountSid,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let mut bed = bed.borrow_mut();
    let service =
        bed.store.write(CreateService { account, friendly_name: "case".into() }).await.expect("a service");
    let sid: ServiceSid = service.sid;
    bed.at.service = sid;
    let mut model = Model::default();
    for (number, one) in steps.iter().enumerate() {
        step(&bed, &mut model, one).await?;
        if number % 20 == 19 {
            compare(&bed, &model).await?;
        }
    }
    compare(&bed, &model).await
}

/// Keeps the macro in use where a test needs nothing but its own arguments.
#[test]
fn arguments_are_what_they_say() {
    let arguments: &[Arg<'_>] = args![1_i64, true, "x", None::<i64>];
    assert_eq!(arguments, [Arg::Int(1), Arg::Bool(true), Arg::Text("x"), Arg::Null]);
}
