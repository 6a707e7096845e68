"""Reads a topic of Thuban from its beginning, verifies the hash chain of every shard and prints each event as a line of JSON.

Exit code 0: read to the end (--until-end) and the chain holds; 1: it does not, or events are missing.
"""

import argparse
import hashlib
import json
import re
import sys
from datetime import datetime, timedelta, timezone

from kafka import KafkaConsumer, TopicPartition

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
GENESIS = "0" * 64


class NotAnEvent(Exception):
    """A record that no relay of Thuban wrote."""


class Broken(Exception):
    """The history is not what it was."""


def event_of(record):
    """The fields that the hash covers, and the hash. The body stays the bytes that it is."""
    headers = {name: value.decode() for name, value in record.headers}
    try:
        when = datetime.fromisoformat(headers["ce_time"].replace("Z", "+00:00"))
        kind, _version = re.fullmatch(r"dev\.thuban\.(\w+)\.(v\d+)", headers["ce_type"]).groups()
        return {
            "log_id": headers["log_id"],
            "log": headers["ce_source"].rsplit("/", 1)[-1],
            "shard": record.partition,
            "seq": int(headers["seq"]),
            "stream": headers["ce_subject"],
            "type": kind,
            "time_ms": (when - EPOCH) // timedelta(milliseconds=1),
            "commit_id": headers["commit_id"],
            "hash": headers["hash"],
            "body": record.value,
        }
    except (KeyError, ValueError, AttributeError) as error:
        raise NotAnEvent(repr(error)) from error


def chain_hash(previous, event):
    names = ("log", "shard", "seq", "stream", "type", "time_ms", "commit_id")
    text = "\n".join([previous, *(str(event[name]) for name in names), ""])
    return hashlib.sha256(text.encode() + event["body"]).hexdigest()


class Shard:
    """How far one partition has been read. A real consumer keeps this in its own store, together with what it did with the event."""

    def __init__(self):
        self.log_id, self.seq, self.hash = None, 0, GENESIS

    def take(self, event):
        """True when the event is new; False for a duplicate. Raises Broken."""
        place = f"{event['log']}/{event['shard']}/{event['seq']}"
        if self.log_id is None:
            self.log_id = event["log_id"]
        if event["log_id"] != self.log_id:
            raise Broken(f"{place} is of another log, {event['log_id']}: the database was replaced, start over")
        if event["seq"] <= self.seq:
            return False
        if event["seq"] > self.seq + 1:
            # Kafka did not bring them. Read them over GET /v1/events?log=…&shard=…&from=…, then go on.
            raise Broken(f"events {self.seq + 1} to {event['seq'] - 1} are missing before {place}")
        if chain_hash(self.hash, event) != event["hash"]:
            raise Broken(f"the hash of {place} does not follow from the event before it")
        self.seq, self.hash = event["seq"], event["hash"]
        return True


def show(event):
    body = json.loads(event["body"])
    line = {name: event[name] for name in ("log", "shard", "seq", "type", "stream")}
    print(json.dumps({**line, "actor": body["meta"]["actor"], "data": body["data"]}, ensure_ascii=False), flush=True)


def records_of(consumer, until_end):
    """All records from the first on; with until_end up to what was the last when it began."""
    ends = consumer.end_offsets(list(consumer.assignment()))
    while not until_end or any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(timeout_ms=500).values():
            yield from batch


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", default="localhost:9092", help="HOST:PORT,…")
    parser.add_argument("--topic", default="thuban.registry.v1")
    parser.add_argument("--until-end", action="store_true", help="stop at the end instead of waiting for more")
    options = parser.parse_args()

    # No group: every partition is ours, and how far we are is our own business.
    consumer = KafkaConsumer(bootstrap_servers=options.brokers.split(","), group_id=None, enable_auto_commit=False)
    partitions = consumer.partitions_for_topic(options.topic)
    if not partitions:
        sys.exit(f"There is no topic {options.topic} at {options.brokers}.")
    consumer.assign([TopicPartition(options.topic, number) for number in sorted(partitions)])
    consumer.seek_to_beginning()

    shards = {number: Shard() for number in partitions}
    events = duplicates = skipped = 0
    try:
        for record in records_of(consumer, options.until_end):
            try:
                event = event_of(record)
            except NotAnEvent as error:
                skipped += 1
                print(f"partition {record.partition}, offset {record.offset} is no event: {error}", file=sys.stderr)
                continue
            if shards[event["shard"]].take(event):
                events += 1
                show(event)
            else:
                duplicates += 1
    except Broken as error:
        sys.exit(f"BROKEN: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
    print(f"{events} events, the chain holds; {duplicates} duplicates, {skipped} records that are no events", file=sys.stderr)


if __name__ == "__main__":
    main()
