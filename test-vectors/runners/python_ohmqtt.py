"""Runs PyPI's ohmqtt (MQTT 5.0) over the vectors and prints what it gets wrong.

    pip install ohmqtt
    python python_ohmqtt.py [--list] [FOLDER]

FOLDER is that of the vectors, one above this file if it isn't given. With --list every deviation at level "must"
is printed under the table.
"""

import importlib.metadata
import json
import pathlib
import sys

from ohmqtt.connection.decoder import IncrementalDecoder
from ohmqtt.error import MQTTError

TYPES = [
    "type 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
    "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
]
VERSION = "5.0"


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def segment(value):
    return unhex(value["hex"]) if "hex" in value else unhex(value["repeat"]) * value["count"]


def bytes_of(value):
    """The bytes of a vector: hex, or segments."""
    return unhex(value) if isinstance(value, str) else b"".join(map(segment, value))


def content(value):
    """Text or bytes of the vocabulary, as bytes."""
    return value.encode() if isinstance(value, str) else segment(value)


def same(given, value):
    given = given.encode() if isinstance(given, str) else bytes(given)
    return given == content(value)


class Source:
    """As much of a socket as the decoder reads from."""

    def __init__(self, data):
        self.data = data

    def recv(self, count):
        if not self.data:
            raise BlockingIOError
        taken, self.data = self.data[:count], self.data[count:]
        return taken


def decode(data):
    """The packets, and the error that ended them if there was one."""
    source, decoder, packets = Source(data), IncrementalDecoder(), []
    try:
        while True:
            before = len(source.data)
            packet = decoder.decode(source)
            if packet is None:
                return packets, None
            packets.append(packet)
            if not source.data or len(source.data) == before:
                return packets, None
    except MQTTError as error:
        return packets, error
    except Exception as error:  # Not the library's own kind of error, but a refusal all the same.
        return packets, error



def properties(given, wanted):
    """Do the properties agree? The library keeps order only among User Properties."""
    values = dict(vars(given))
    for wanted_property in wanted:
        ((name, value),) = wanted_property.items()
        attribute = next((key for key in values if key.lower().replace("_", "") == name.replace("_", "")), None)
        if attribute is None:
            return name
        there = values[attribute]
        if name == "user_property":
            pairs = [p["user_property"] for p in wanted if "user_property" in p]
            if len(pairs) != len(there) or not all(same(a[0], b[0]) and same(a[1], b[1]) for a, b in zip(there, pairs)):
                return name
        elif name == "subscription_identifier":
            if set(there) != {p[name] for p in wanted if name in p}:
                return name
        elif isinstance(value, int):
            if int(there) != value:
                return name
        elif not same(there, value):
            return name
    if len({next(iter(p)) for p in wanted}) != len(values):
        return "properties"
    return None


def difference(given, packet):
    """Which member the library read differently, if any."""
    kind = packet["type"]
    if given.packet_type.name.lower() != kind:
        return "type"
    number = {"keep_alive": "keep_alive", "packet_id": "packet_id", "qos": "qos", "reason": "reason_code"}
    flag = {"clean_start": "clean_start", "session_present": "session_present", "dup": "dup", "retain": "retain"}
    for name, attribute in (number | flag).items():
        if name in packet and int(getattr(given, attribute)) != int(packet[name]):
            return name
    for name, attribute in {"client_id": "client_id", "topic": "topic", "payload": "payload"}.items():
        if name in packet and not same(getattr(given, attribute), packet[name]):
            return name
    if kind == "connect":
        for name, attribute in {"user_name": "username", "password": "password"}.items():
            there = getattr(given, attribute)
            if (there is None) != (name not in packet) or (there is not None and not same(there, packet[name])):
                return name
        will = packet.get("will")
        if will is not None:
            if not same(given.will_topic, will["topic"]) or not same(given.will_payload, will["payload"]):
                return "will"
            if int(given.will_qos) != will["qos"] or bool(given.will_retain) != will["retain"]:
                return "will"
            if properties(given.will_props, will["properties"]):
                return "will properties"
    if kind == "subscribe":
        options = [
            (f["filter"], f["qos"] | f["no_local"] << 2 | f["retain_as_published"] << 3 | f["retain_handling"] << 4)
            for f in packet["filters"]
        ]
        if len(options) != len(given.topics) or not all(
            same(a[0], b[0]) and int(a[1]) == b[1] for a, b in zip(given.topics, options)
        ):
            return "filters"
    if kind == "unsubscribe":
        if len(packet["filters"]) != len(given.topics) or not all(map(same, given.topics, packet["filters"])):
            return "filters"
    if "reasons" in packet and [int(code) for code in given.reason_codes] != packet["reasons"]:
        return "reasons"
    if "properties" in packet:
        return properties(given.properties, packet["properties"])
    return None


def judge(vector):
    """("accepted" | "refused" | "misread", why), or None if all is well."""
    packets, error = decode(bytes_of(vector["bytes"]))
    expected = vector.get("packets") or ([vector["packet"]] if "packet" in vector else [])
    if vector["result"] in ("valid", "incomplete"):
        if error is not None:
            return "refused", str(error) or type(error).__name__
        if len(packets) != len(expected):
            return "misread", f"{len(packets)} packets"
        for given, packet in zip(packets, expected):
            name = difference(given, packet)
            if name:
                return "misread", name
        return None
    return None if error is not None else ("accepted", vector["field"])


def main():
    args = sys.argv[1:]
    folders = [arg for arg in args if not arg.startswith("--")]
    root = pathlib.Path(folders[0]) if folders else pathlib.Path(__file__).resolve().parent.parent
    verdicts, levels = ["accepted", "refused", "misread"], ["should", "choice"]
    rows, deviations = {}, []
    for path in sorted((root / f"v{VERSION}").glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            # The decoder is not told who sends.
            if {"needs-direction", "huge"} & set(vector.get("flags", [])):
                continue
            data = bytes_of(vector["bytes"])
            kind = TYPES[data[0] >> 4] if data else "nothing"
            row = rows.setdefault(kind, [0, 0, 0, 0, 0, 0])
            row[0] += 1
            verdict = judge(vector)
            if verdict is None:
                continue
            if vector["level"] == "must":
                row[1 + verdicts.index(verdict[0])] += 1
                deviations.append(f"{vector['id']}: {verdict[0]} ({verdict[1]})")
            else:
                row[4 + levels.index(vector["level"])] += 1
    print(f"ohmqtt {importlib.metadata.version('ohmqtt')}\n")
    print(
        f'| MQTT {VERSION} | vectors | accepted wrongly | refused wrongly | misread | differs at "should" | at "choice" |'
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind in ["nothing", *TYPES]:
        if kind in rows:
            print(f"| {kind} | " + " | ".join(map(str, rows[kind])) + " |")
    print("| **all** | " + " | ".join(str(sum(column)) for column in zip(*rows.values())) + " |")
    if "--list" in args:
        print()
        print("\n".join(deviations))


if __name__ == "__main__":
    main()
