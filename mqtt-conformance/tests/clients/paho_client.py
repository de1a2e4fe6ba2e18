"""Drives paho-mqtt through what clients do, and prints what it saw.

usage: paho_client.py PORT VERSION        VERSION is 3.1, 3.1.1 or 5.0

Each line of the output is a fact about the broker; `tests/clients.rs` knows what they have to be. Exits with 77 when
paho-mqtt is not installed.
"""

import queue
import sys

try:
    import paho.mqtt
    import paho.mqtt.client as mqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.subscribeoptions import SubscribeOptions
except ImportError:
    sys.exit(77)

PORT, VERSION = int(sys.argv[1]), sys.argv[2]
PROTOCOLS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5.0": mqtt.MQTTv5}
PATIENCE = 20


def properties(packet, **values):
    made = Properties(packet)
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Client:
    """A connected client; its callbacks fill queues."""

    def __init__(self, name, version=VERSION, clean=True, will=None, hold=False):
        self.five = version == "5.0"
        self.connected, self.messages, self.subscribed = queue.Queue(), queue.Queue(), queue.Queue()
        options = {} if self.five else {"clean_session": clean}
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"paho-{VERSION}-{name}",
            protocol=PROTOCOLS[version],
            manual_ack=hold,
            reconnect_on_failure=False,
            **options,
        )
        self.mqtt.on_connect = lambda _c, _u, flags, reason, _p: self.connected.put((flags, reason))
        self.mqtt.on_message = lambda _c, _u, message: self.messages.put(message)
        self.mqtt.on_subscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.put(reasons)
        self.mqtt.on_unsubscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.put(reasons)
        if will:
            topic, payload, qos, retain = will
            self.mqtt.will_set(topic, payload, qos, retain)
        if self.five:
            expiry = properties(PacketTypes.CONNECT, SessionExpiryInterval=0 if clean else 100)
            self.mqtt.connect("127.0.0.1", PORT, clean_start=clean, properties=expiry)
        else:
            self.mqtt.connect("127.0.0.1", PORT)
        self.mqtt.loop_start()
        flags, reason = self.connected.get(timeout=PATIENCE)
        assert not reason.is_failure, reason
        self.present = "present" if flags.session_present else "absent"

    def subscribe(self, topic, qos, **more):
        if self.five:
            self.mqtt.subscribe(topic, options=SubscribeOptions(qos=qos), **more)
        else:
            self.mqtt.subscribe(topic, qos)
        [reason] = self.subscribed.get(timeout=PATIENCE)
        return reason.value

    def unsubscribe(self, topic):
        self.mqtt.unsubscribe(topic)
        self.subscribed.get(timeout=PATIENCE)

    def publish(self, topic, payload, qos, retain=False, **more):
        self.mqtt.publish(topic, payload, qos, retain, **more).wait_for_publish(PATIENCE)

    def receive(self):
        return self.messages.get(timeout=PATIENCE)

    def show(self):
        return self.describe(self.receive())

    def show_all(self, count):
        """Messages by their QoS: those of QoS 2 arrive when their handshake ends, which others may overtake."""
        messages = sorted((self.receive() for _ in range(count)), key=lambda message: message.qos)
        return "; ".join(self.describe(message) for message in messages)

    @staticmethod
    def describe(message):
        words = [message.payload.decode(), f"qos {message.qos}"]
        words += ["retained"] if message.retain else []
        words += ["again"] if message.dup else []
        return ", ".join(words)

    def leave(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def vanish(self):
        """Ends the connection without DISCONNECT."""
        self.mqtt.loop_stop()
        self.mqtt.socket().close()


def topic(name):
    return f"paho/{VERSION}/{name}"


def every_qos():
    sub, pub = Client("sub"), Client("pub")
    for granted in 0, 1, 2:
        name = topic(f"qos/{granted}")
        print(f"granted {sub.subscribe(name, granted)}")
        for qos in 0, 1, 2:
            pub.publish(name, f"sent at {qos}", qos)
            print(sub.show())
    sub.unsubscribe(topic("qos/0"))
    pub.publish(topic("qos/0"), "unwanted", 2)
    pub.publish(topic("qos/2"), "wanted", 2)
    print(f"unsubscribed: {sub.show()}")
    pub.publish(topic("qos/2"), "x" * 300_000, 2)
    print(f"large: {len(sub.receive().payload)} bytes")
    for version in PROTOCOLS:
        other = Client("other", version)
        other.publish(topic("qos/2"), f"from {version}", 2)
        print(sub.show())
        other.leave()
    sub.leave()
    pub.leave()


def retained():
    pub = Client("pub")
    for qos in 0, 1, 2:
        pub.publish(topic(f"retained/{qos}"), "kept", qos, retain=True)
    late = Client("late")
    late.subscribe(topic("retained/#"), 2)
    print(f"retained: {late.show_all(3)}")
    for qos in 0, 1, 2:
        pub.publish(topic(f"retained/{qos}"), "", qos, retain=True)
        late.receive()
    later = Client("later")
    later.subscribe(topic("retained/#"), 2)
    pub.publish(topic("retained/3"), "nothing was kept", 1)
    print(later.show())
    for client in pub, late, later:
        client.leave()


def will():
    watch = Client("watch")
    watch.subscribe(topic("will"), 1)
    Client("dies", will=(topic("will"), "gone", 1, True)).vanish()
    print(f"will: {watch.show()}")
    late = Client("late")
    late.subscribe(topic("will"), 1)
    print(f"will: {late.show()}")
    Client("leaves", will=(topic("will"), "wrong", 1, False)).leave()
    late.publish(topic("will"), "left in peace", 1)
    print(f"will: {watch.show()}")
    late.publish(topic("will"), "", 1, retain=True)
    watch.leave()
    late.leave()


def session():
    first = Client("keeps", clean=False)
    print(f"session {first.present}")
    first.subscribe(topic("session"), 2)
    first.leave()
    pub = Client("pub")
    for number, qos in enumerate([1, 2, 1, 2]):
        pub.publish(topic("session"), f"missed {number}", qos)
    back = Client("keeps", clean=False, hold=True)
    print(f"session {back.present}")
    # Those of QoS 1 are not acknowledged before the connection ends.
    print(back.show_all(4))
    back.vanish()
    again = Client("keeps", clean=False)
    print(f"again: {again.show_all(2)}")
    again.leave()
    fresh = Client("keeps", clean=True)
    print(f"session {fresh.present}")
    pub.publish(topic("session"), "unwanted", 1)
    fresh.subscribe(topic("session"), 1)
    pub.publish(topic("session"), "wanted", 1)
    print(f"clean: {fresh.show()}")
    fresh.leave()
    pub.leave()


def five():
    sub, pub = Client("sub"), Client("pub")
    sub.subscribe(topic("five"), 1, properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=7))
    sent = properties(
        PacketTypes.PUBLISH,
        PayloadFormatIndicator=1,
        MessageExpiryInterval=100,
        ContentType="text/plain",
        ResponseTopic="answers/here",
        CorrelationData=b"\x00\xff",
    )
    sent.UserProperty = [("a", "1"), ("b", "2"), ("a", "0")]
    pub.publish(topic("five"), "words", 1, properties=sent)
    came = sub.receive().properties
    print(f"format {came.PayloadFormatIndicator}, expiry {came.MessageExpiryInterval}, {came.ContentType}")
    print(f"{came.ResponseTopic}, {came.CorrelationData.hex()}, subscription {came.SubscriptionIdentifier[0]}")
    print("a: " + ", ".join(value for name, value in came.UserProperty if name == "a"))
    sub.leave()
    pub.leave()


print(f"paho-mqtt {paho.mqtt.__version__}")
every_qos()
retained()
will()
session()
if VERSION == "5.0":
    five()
