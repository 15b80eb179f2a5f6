//! Crowds at one door: limits and uniqueness hold to the last caller.

use std::collections::BTreeMap;

use crate::support::{Answer, Database, Dice, Server, at_once, encode, on_both_engines};

on_both_engines! {
    members_stop_at_the_channel_limit = super::channel_limit;
    channels_stop_at_the_user_limit = super::user_limit;
    one_of_many_gets_the_unique_name = super::unique_name;
    one_of_many_adds_the_identity = super::same_member;
    one_of_many_creates_the_user = super::same_user;
    senders_share_out_the_indexes = super::indexes;
    the_sixth_webhook_is_refused = super::webhooks;
    members_of_one_new_user_in_many_channels_make_one_user = super::one_new_user;
    a_channel_deleted_under_senders_answers_each_of_them = super::deleted_meanwhile;
    a_user_deleted_while_it_joins_leaves_no_member_behind = super::deleted_joiner;
    one_of_many_deletes_the_user = super::deleted_twice;
    a_user_deleted_while_it_leaves_is_counted_once = super::deleted_leaver;
    a_service_deleted_under_writers_leaves_nothing = super::deleted_service;
    everything_at_once_leaves_numbers_that_agree = super::churn;
}

/// The same request from so many connections at once.
fn crowd(server: &Server, n: usize, form: impl Fn(usize) -> (String, String) + Sync) -> Vec<Answer> {
    at_once(n, |i, barrier| {
        let mut client = server.client();
        client.connect().expect("a connection");
        let (path, form) = form(i);
        barrier.wait();
        client.send("POST", &path, &form).expect("an answer")
    })
}

/// How many had each outcome.
fn outcomes(answers: &[Answer]) -> BTreeMap<(u16, i64), usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.outcome()).or_default() += 1;
    }
    counts
}

fn service(server: &Server, form: &[(&str, &str)]) -> String {
    let mut client = server.client();
    let sid = client.post("/v2/Services", &[("FriendlyName", "crowd")]).expect(201).sid();
    let at = format!("/v2/Services/{sid}");
    if !form.is_empty() {
        client.post(&at, form).expect(200);
    }
    at
}

fn channel(server: &Server, service: &str) -> String {
    format!(
        "{service}/Channels/{}",
        server.client().post(&format!("{service}/Channels"), &[]).expect(201).sid()
    )
}

fn channel_limit(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let at = channel(&server, &service(&server, &[("Limits.ChannelMembers", "50")]));
    let answers = crowd(&server, 200, |i| (format!("{at}/Members"), format!("Identity=user{i}")));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 50), ((403, 50_403), 150)]));
    let mut client = server.client();
    assert_eq!(client.list(&format!("{at}/Members"), "members").len(), 50);
    assert_eq!(client.get(&at).int("members_count"), 50);
}

fn user_limit(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[("Limits.UserChannels", "50")]);
    let channels: Vec<_> = (0..200).map(|_| channel(&server, &service)).collect();
    let answers = crowd(&server, 200, |i| (format!("{}/Members", channels[i]), "Identity=ann".to_owned()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 50), ((403, 50_208), 150)]));
    let mut client = server.client();
    assert_eq!(client.get(&format!("{service}/Users/ann")).int("joined_channels_count"), 50);
    assert_eq!(client.list(&format!("{service}/Users/ann/Channels"), "channels").len(), 50);
    let members: i64 = channels.iter().map(|at| client.get(at).int("members_count")).sum();
    assert_eq!(members, 50);
}

fn unique_name(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let answers = crowd(&server, 200, |_| (format!("{service}/Channels"), "UniqueName=lobby".to_owned()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 1), ((409, 50_307), 199)]));
    assert_eq!(server.client().list(&format!("{service}/Channels"), "channels").len(), 1);
}

fn same_member(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let at = channel(&server, &service);
    let answers = crowd(&server, 100, |_| (format!("{at}/Members"), "Identity=ann".to_owned()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 1), ((409, 50_404), 99)]));
    let mut client = server.client();
    assert_eq!(client.get(&at).int("members_count"), 1);
    assert_eq!(client.get(&format!("{service}/Users/ann")).int("joined_channels_count"), 1);
}

fn same_user(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let answers = crowd(&server, 100, |_| (format!("{service}/Users"), "Identity=ann".to_owned()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 1), ((409, 50_201), 99)]));
    assert_eq!(server.client().list(&format!("{service}/Users"), "users").len(), 1);
}

fn indexes(database: &Database) {
    const SENDERS: usize = 64;
    const EACH: usize = 5;
    let server = Server::start(&database.url(), &[]);
    let at = channel(&server, &service(&server, &[]));
    let path = format!("{at}/Messages");
    let sent = at_once(SENDERS, |i, barrier| {
        let mut client = server.client();
        client.connect().expect("a connection");
        barrier.wait();
        let one = |n| {
            let answer = client.send("POST", &path, &format!("Body={i}-{n}")).expect("an answer").expect(201);
            (answer.int("index"), answer.sid())
        };
        (0..EACH).map(one).collect::<Vec<_>>()
    });
    // One connection's messages stand in the order it sent them.
    assert!(sent.iter().all(|mine| mine.is_sorted()));
    let mut all: Vec<_> = sent.into_iter().flatten().collect();
    all.sort();
    let indexes: Vec<_> = all.iter().map(|(index, _)| *index).collect();
    assert_eq!(indexes, (0..(SENDERS * EACH) as i64).collect::<Vec<_>>());
    let mut client = server.client();
    let listed: Vec<_> = client
        .list(&path, "messages")
        .iter()
        .map(|row| (row["index"].as_i64().expect("an index"), row["sid"].as_str().expect("a SID").to_owned()))
        .collect();
    assert_eq!(listed, all);
    assert_eq!(client.get(&at).int("messages_count"), (SENDERS * EACH) as i64);
}

fn webhooks(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let at = channel(&server, &service(&server, &[]));
    let form = encode(&[
        ("Type", "webhook"),
        ("Configuration.Url", "https://example.com/hook"),
        ("Configuration.Filters", "onMessageSent"),
    ]);
    let answers = crowd(&server, 24, |_| (format!("{at}/Webhooks"), form.clone()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 5), ((403, 50_321), 19)]));
    assert_eq!(server.client().list(&format!("{at}/Webhooks"), "webhooks").len(), 5);
}

fn one_new_user(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let channels: Vec<_> = (0..40).map(|_| channel(&server, &service)).collect();
    let answers = crowd(&server, 40, |i| (format!("{}/Members", channels[i]), "Identity=new".to_owned()));
    assert_eq!(outcomes(&answers), BTreeMap::from([((201, 0), 40)]));
    let mut client = server.client();
    assert_eq!(client.list(&format!("{service}/Users"), "users").len(), 1);
    assert_eq!(client.get(&format!("{service}/Users/new")).int("joined_channels_count"), 40);
}

fn deleted_meanwhile(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let at = channel(&server, &service);
    server.client().post(&format!("{at}/Members"), &[("Identity", "ann")]).expect(201);
    let answers = at_once(32, |i, barrier| {
        let mut client = server.client();
        client.connect().expect("a connection");
        barrier.wait();
        match i {
            16 => client.delete(&at),
            _ if i % 2 == 0 => client.post(&format!("{at}/Messages"), &[("Body", "late")]),
            _ => client.post(&format!("{at}/Members"), &[("Identity", &format!("late{i}"))]),
        }
    });
    assert_eq!(answers[16].status, 204);
    for answer in &answers {
        assert!(matches!(answer.outcome(), (201 | 204, 0) | (404, 20_404)), "{answer:?}");
    }
    let mut client = server.client();
    for user in client.list(&format!("{service}/Users"), "users") {
        assert_eq!(user["joined_channels_count"], 0, "{user}");
    }
}

/// A member without a user could never be removed, nor its channel.
fn deleted_joiner(database: &Database) {
    const CHANNELS: usize = 16;
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let channels: Vec<_> = (0..CHANNELS).map(|_| channel(&server, &service)).collect();
    for round in 0..12 {
        let who = format!("who{round}");
        server.client().post(&format!("{service}/Users"), &[("Identity", &who)]).expect(201);
        let answers = at_once(CHANNELS + 1, |i, barrier| {
            let mut client = server.client();
            client.connect().expect("a connection");
            barrier.wait();
            if let Some(at) = channels.get(i) {
                return client.post(&format!("{at}/Members"), &[("Identity", &who)]);
            }
            // A little later each time: between the first of the others and the last.
            crate::support::pause(std::time::Duration::from_millis(round));
            client.delete(&format!("{service}/Users/{who}"))
        });
        for answer in &answers {
            assert!(answer.status < 400, "round {round}: {answer:?}");
        }
        let mut client = server.client();
        let mut joined = 0;
        for at in &channels {
            let members = client.list(&format!("{at}/Members"), "members");
            joined += members.iter().filter(|member| member["identity"] == who.as_str()).count();
        }
        let user = client.get(&format!("{service}/Users/{who}"));
        let counted = if user.status == 200 { user.int("joined_channels_count") } else { 0 };
        assert_eq!(counted, joined as i64, "round {round}: the user answers {}", user.status);
    }
    for at in &channels {
        server.client().delete(at).expect(204);
    }
}

fn deleted_twice(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let channels: Vec<_> = (0..8).map(|_| channel(&server, &service)).collect();
    for _ in 0..5 {
        for at in &channels {
            server.client().post(&format!("{at}/Members"), &[("Identity", "ann")]).expect(201);
        }
        let answers = at_once(12, |_, barrier| {
            let mut client = server.client();
            client.connect().expect("a connection");
            barrier.wait();
            client.delete(&format!("{service}/Users/ann"))
        });
        assert_eq!(outcomes(&answers), BTreeMap::from([((204, 0), 1), ((404, 20_404), 11)]));
        for at in &channels {
            assert_eq!(server.client().get(at).expect(200).int("members_count"), 0);
        }
    }
}

fn deleted_leaver(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let channels: Vec<_> = (0..12).map(|_| channel(&server, &service)).collect();
    for round in 0..8 {
        let who = format!("who{round}");
        for at in &channels {
            server.client().post(&format!("{at}/Members"), &[("Identity", &who)]).expect(201);
        }
        let answers = at_once(channels.len() + 1, |i, barrier| {
            let mut client = server.client();
            client.connect().expect("a connection");
            barrier.wait();
            match channels.get(i) {
                Some(at) => client.delete(&format!("{at}/Members/{who}")),
                None => client.delete(&format!("{service}/Users/{who}")),
            }
        });
        for answer in &answers {
            assert!(matches!(answer.outcome(), (204, 0) | (404, 20_404)), "round {round}: {answer:?}");
        }
        let mut client = server.client();
        for at in &channels {
            let members = client.list(&format!("{at}/Members"), "members").len();
            assert_eq!(
                client.get(at).expect(200).int("members_count"),
                members as i64,
                "round {round}: {at}"
            );
        }
    }
}

fn deleted_service(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let channels: Vec<_> = (0..4).map(|_| channel(&server, &service)).collect();
    let answers = at_once(25, |caller, barrier| {
        let mut client = server.client();
        client.connect().expect("a connection");
        let mut dice = Dice::new(caller as u64);
        barrier.wait();
        if caller == 24 {
            for _ in 0..20 {
                client.get(&service).expect(200);
            }
            return vec![client.delete(&service)];
        }
        let mut answers = Vec::new();
        while answers.last().is_none_or(|answer: &Answer| answer.status < 400) && answers.len() < 500 {
            let at = &channels[dice.below(channels.len())];
            let n = answers.len();
            answers.push(match dice.below(4) {
                0 => client.post(&format!("{service}/Users"), &[("Identity", &format!("u{caller}-{n}"))]),
                1 => client.post(&format!("{at}/Members"), &[("Identity", &format!("m{caller}-{n}"))]),
                2 => client.post(&format!("{service}/Channels"), &[("FriendlyName", "late")]),
                _ => client.post(&format!("{at}/Messages"), &[("Body", "x")]),
            });
        }
        answers
    });
    for answer in answers.iter().flatten() {
        assert!(matches!(answer.outcome(), (201 | 204, 0) | (404, 20_404)), "{answer:?}");
    }
    assert_eq!(answers[24][0].status, 204);
    let mut client = server.client();
    let started = std::time::Instant::now();
    while client.get("/readyz").expect(200).int("purges_waiting") > 0 {
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "the purge does not end");
        crate::support::pause(std::time::Duration::from_millis(50));
    }
    for table in
        ["service", "role", "chat_user", "channel", "member", "message", "message_removed", "tombstone"]
    {
        assert_eq!(database.count(table), 0, "rows are left in {table}");
    }
}

/// Users, channels, members, invites and messages made and deleted by everybody at once, all of the same few names.
fn churn(database: &Database) {
    const CALLERS: usize = 24;
    const CALLS: usize = 60;
    let server = Server::start(&database.url(), &[]);
    let service = service(&server, &[]);
    let failed = at_once(CALLERS, |caller, barrier| {
        let mut failed = Vec::new();
        let mut client = server.client();
        let mut dice = Dice::new(caller as u64 + 1);
        barrier.wait();
        for _ in 0..CALLS {
            let channel = format!("room{}", dice.below(3));
            let who = format!("who{}", dice.below(4));
            let at = format!("{service}/Channels/{channel}");
            let person = encode(&[("Identity", &who)]);
            let (method, path, form) = match dice.below(20) {
                0..=2 => ("POST", format!("{service}/Channels"), encode(&[("UniqueName", &channel)])),
                3 => ("DELETE", at, String::new()),
                4..=8 => ("POST", format!("{at}/Members"), person),
                9..=10 => ("DELETE", format!("{at}/Members/{who}"), String::new()),
                11..=12 => ("POST", format!("{at}/Invites"), person),
                13 => ("DELETE", format!("{service}/Users/{who}"), String::new()),
                14 => (
                    "POST",
                    format!("{service}/Users/{who}/Channels/{channel}"),
                    "LastConsumedMessageIndex=0".into(),
                ),
                15 => ("DELETE", format!("{service}/Users/{who}/Channels/{channel}"), String::new()),
                16 => ("POST", format!("{service}/Users/{who}"), "FriendlyName=x".into()),
                _ => ("POST", format!("{at}/Messages"), "Body=x".into()),
            };
            let answer = client.send(method, &path, &form).expect("an answer");
            if answer.status >= 500 {
                failed.push(format!("{method} {path} {form}: {}", answer.body));
            }
        }
        failed
    });
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    let mut client = server.client();
    let mut wrong: Vec<String> = Vec::new();
    let mut compare = |what: String, counted: &serde_json::Value, listed: usize| {
        if *counted != listed {
            wrong.push(format!("{what}: counted {counted}, listed {listed}"));
        }
    };
    let mut joined: BTreeMap<String, usize> = BTreeMap::new();
    let mut nobody: Vec<String> = Vec::new();
    for channel in client.list(&format!("{service}/Channels"), "channels") {
        let name = &channel["unique_name"];
        let at = format!("{service}/Channels/{}", channel["sid"].as_str().expect("a SID"));
        let members = client.list(&format!("{at}/Members"), "members");
        let invites = client.list(&format!("{at}/Invites"), "invites");
        let messages = client.list(&format!("{at}/Messages"), "messages");
        compare(format!("members of {name}"), &channel["members_count"], members.len());
        compare(format!("messages of {name}"), &channel["messages_count"], messages.len());
        assert!(messages.iter().zip(0..).all(|(message, index)| message["index"] == index), "{messages:?}");
        for member in &members {
            let identity = member["identity"].as_str().expect("an identity");
            *joined.entry(identity.to_owned()).or_default() += 1;
            assert!(invites.iter().all(|invite| invite["identity"] != identity), "{identity} is both");
        }
        for row in members.iter().chain(&invites) {
            let user = format!("{service}/Users/{}", row["user_sid"].as_str().unwrap_or_default());
            let who = row["identity"].as_str().expect("an identity");
            let known = if user.ends_with('/') { format!("{service}/Users/{who}") } else { user };
            if client.get(&known).status != 200 {
                nobody.push(format!("{who} in {name}"));
            }
        }
    }
    for user in client.list(&format!("{service}/Users"), "users") {
        let identity = user["identity"].as_str().expect("an identity");
        let listed = joined.remove(identity).unwrap_or(0);
        compare(format!("channels of {identity}"), &user["joined_channels_count"], listed);
        client.list(&format!("{service}/Users/{identity}/Channels"), "channels");
    }
    nobody.extend(joined.into_keys());
    for table in ["member", "invite"] {
        let orphans = format!(
            "{table} WHERE NOT EXISTS (SELECT 1 FROM chat_user WHERE chat_user.sid = {table}.user_sid)
                OR NOT EXISTS (SELECT 1 FROM channel WHERE channel.sid = {table}.channel_sid)"
        );
        compare(
            format!("{table} rows of a user or channel that is gone"),
            &0.into(),
            usize::try_from(database.count(&orphans)).expect("a count"),
        );
    }
    let all_well = wrong.is_empty() && nobody.is_empty() && failed.is_empty();
    assert!(
        all_well,
        "{wrong:#?}\nmembers and invites without a user: {nobody:#?}\nrefused with 5xx: {failed:#?}"
    );
}
