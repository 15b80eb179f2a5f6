-- What is to be sent to the receivers of webhooks, and the log of what was sent.

-- number follows the order of the writes that caused the deliveries of one channel, since it is drawn while the channel is
-- locked. due_at is when the next attempt may begin, or until when a dispatcher has claimed the row; NULL once it is over.
-- lane is set where deliveries keep the order of their channel: one receiver and one channel.
CREATE TABLE delivery (
    number BIGSERIAL PRIMARY KEY,
    token BYTEA NOT NULL,
    account_sid BYTEA NOT NULL,
    service_sid BYTEA NOT NULL,
    channel_sid BYTEA,
    webhook_sid BYTEA,
    receiver BYTEA NOT NULL,
    lane BYTEA,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    method TEXT NOT NULL,
    parameters TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    retries_left BIGINT NOT NULL,
    give_up_at BIGINT,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX delivery_due ON delivery (receiver, due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_lane ON delivery (lane, number) WHERE lane IS NOT NULL AND due_at IS NOT NULL;
CREATE INDEX delivery_lost ON delivery (number) WHERE state IN ('failed', 'dead');

-- Every attempt of a delivery, counted from 0: the answer's status, or the reason why there was none.
CREATE TABLE delivery_attempt (
    delivery BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    micros BIGINT NOT NULL,
    status BIGINT,
    reason TEXT,
    answer TEXT,
    PRIMARY KEY (delivery, attempt)
); -- [clustered]
