// Drives npm's `mqtt` through what clients do, and prints what it saw.
//
// usage: node mqtt_client.mjs PORT VERSION        VERSION is 3.1, 3.1.1 or 5.0
//
// Each line of the output is a fact about the broker; `tests/clients.rs` knows what they have to be. Exits with 77 when
// `mqtt` is not installed.

import { createRequire } from "node:module";

// Unlike `import`, this looks into NODE_PATH.
const require = createRequire(import.meta.url);
let mqtt, release;
try {
  mqtt = require("mqtt");
  release = require("mqtt/package.json").version;
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND") throw error;
  process.exit(77);
}

const [port, VERSION] = [Number(process.argv[2]), process.argv[3]];
const PROTOCOLS = {
  "3.1": { protocolId: "MQIsdp", protocolVersion: 3 },
  "3.1.1": { protocolId: "MQTT", protocolVersion: 4 },
  "5.0": { protocolId: "MQTT", protocolVersion: 5 },
};
const PATIENCE = 20_000;

function patient(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what}`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function describe({ payload, qos, retain, dup }) {
  return [payload.toString(), `qos ${qos}`, ...(retain ? ["retained"] : []), ...(dup ? ["again"] : [])].join(", ");
}

/** A connected client; its messages wait in a queue. */
class Client {
  static async connect(name, { version = VERSION, clean = true, will, hold = false } = {}) {
    const client = new Client();
    client.waiting = [];
    client.readers = [];
    client.mqtt = mqtt.connect({
      host: "127.0.0.1",
      port,
      ...PROTOCOLS[version],
      clientId: `npm-${VERSION}-${name}`,
      clean,
      will,
      reconnectPeriod: 0,
      resubscribe: false,
      properties: version === "5.0" ? { sessionExpiryInterval: clean ? 0 : 100 } : undefined,
    });
    if (hold) {
      // Without the call-back, nothing is acknowledged.
      client.mqtt.handleMessage = () => {};
    }
    client.mqtt.on("message", (_topic, _payload, packet) => {
      const reader = client.readers.shift();
      if (reader) reader(packet);
      else client.waiting.push(packet);
    });
    const connack = await patient(
      new Promise((resolve, reject) => {
        client.mqtt.once("connect", resolve);
        client.mqtt.once("error", reject);
      }),
      "CONNACK",
    );
    client.mqtt.on("error", () => {});
    client.present = connack.sessionPresent ? "present" : "absent";
    return client;
  }

  async subscribe(topic, qos, options = {}) {
    const [granted] = await patient(this.mqtt.subscribeAsync(topic, { qos, ...options }), "SUBACK");
    return granted.qos;
  }

  unsubscribe(topic) {
    return patient(this.mqtt.unsubscribeAsync(topic), "UNSUBACK");
  }

  publish(topic, payload, qos, options = {}) {
    return patient(this.mqtt.publishAsync(topic, payload, { qos, ...options }), "acknowledgement");
  }

  receive() {
    const packet = this.waiting.shift();
    return packet ? packet : patient(new Promise((resolve) => this.readers.push(resolve)), "message");
  }

  async show() {
    return describe(await this.receive());
  }

  /** Messages by their QoS: those of QoS 2 arrive when their handshake ends, which others may overtake. */
  async showAll(count) {
    const packets = [];
    while (packets.length < count) packets.push(await this.receive());
    return packets
      .sort((a, b) => a.qos - b.qos)
      .map(describe)
      .join("; ");
  }

  leave() {
    return patient(this.mqtt.endAsync(), "end");
  }

  /** Ends the connection without DISCONNECT. */
  async vanish() {
    const closed = new Promise((resolve) => this.mqtt.once("close", resolve));
    this.mqtt.stream.destroy();
    await patient(closed, "end");
    await patient(this.mqtt.endAsync(true), "end");
  }
}

const print = (line) => process.stdout.write(`${line}\n`);
const topic = (name) => `npm/${VERSION}/${name}`;

async function everyQos() {
  const [sub, pub] = [await Client.connect("sub"), await Client.connect("pub")];
  for (const granted of [0, 1, 2]) {
    const name = topic(`qos/${granted}`);
    print(`granted ${await sub.subscribe(name, granted)}`);
    for (const qos of [0, 1, 2]) {
      await pub.publish(name, `sent at ${qos}`, qos);
      print(await sub.show());
    }
  }
  await sub.unsubscribe(topic("qos/0"));
  await pub.publish(topic("qos/0"), "unwanted", 2);
  await pub.publish(topic("qos/2"), "wanted", 2);
  print(`unsubscribed: ${await sub.show()}`);
  await pub.publish(topic("qos/2"), "x".repeat(300_000), 2);
  print(`large: ${(await sub.receive()).payload.length} bytes`);
  for (const version of Object.keys(PROTOCOLS)) {
    const other = await Client.connect("other", { version });
    await other.publish(topic("qos/2"), `from ${version}`, 2);
    print(await sub.show());
    await other.leave();
  }
  await sub.leave();
  await pub.leave();
}

async function retained() {
  const pub = await Client.connect("pub");
  for (const qos of [0, 1, 2]) await pub.publish(topic(`retained/${qos}`), "kept", qos, { retain: true });
  const late = await Client.connect("late");
  await late.subscribe(topic("retained/#"), 2);
  print(`retained: ${await late.showAll(3)}`);
  for (const qos of [0, 1, 2]) {
    await pub.publish(topic(`retained/${qos}`), "", qos, { retain: true });
    await late.receive();
  }
  const later = await Client.connect("later");
  await later.subscribe(topic("retained/#"), 2);
  await pub.publish(topic("retained/3"), "nothing was kept", 1);
  print(await later.show());
  for (const client of [pub, late, later]) await client.leave();
}

async function will() {
  const watch = await Client.connect("watch");
  await watch.subscribe(topic("will"), 1);
  const dies = await Client.connect("dies", {
    will: { topic: topic("will"), payload: "gone", qos: 1, retain: true },
  });
  await dies.vanish();
  print(`will: ${await watch.show()}`);
  const late = await Client.connect("late");
  await late.subscribe(topic("will"), 1);
  print(`will: ${await late.show()}`);
  const leaves = await Client.connect("leaves", {
    will: { topic: topic("will"), payload: "wrong", qos: 1, retain: false },
  });
  await leaves.leave();
  await late.publish(topic("will"), "left in peace", 1);
  print(`will: ${await watch.show()}`);
  await late.publish(topic("will"), "", 1, { retain: true });
  await watch.leave();
  await late.leave();
}

async function session() {
  const first = await Client.connect("keeps", { clean: false });
  print(`session ${first.present}`);
  await first.subscribe(topic("session"), 2);
  await first.leave();
  const pub = await Client.connect("pub");
  for (const [number, qos] of [1, 2, 1, 2].entries()) await pub.publish(topic("session"), `missed ${number}`, qos);
  // It stops at the first message, and acknowledges nothing before the connection ends.
  const back = await Client.connect("keeps", { clean: false, hold: true });
  print(`session ${back.present}`);
  print(await back.show());
  await back.vanish();
  const again = await Client.connect("keeps", { clean: false });
  print(`again: ${await again.showAll(4)}`);
  await again.leave();
  const fresh = await Client.connect("keeps", { clean: true });
  print(`session ${fresh.present}`);
  await pub.publish(topic("session"), "unwanted", 1);
  await fresh.subscribe(topic("session"), 1);
  await pub.publish(topic("session"), "wanted", 1);
  print(`clean: ${await fresh.show()}`);
  await fresh.leave();
  await pub.leave();
}

async function five() {
  const [sub, pub] = [await Client.connect("sub"), await Client.connect("pub")];
  await sub.subscribe(topic("five"), 1, { properties: { subscriptionIdentifier: 7 } });
  await pub.publish(topic("five"), "words", 1, {
    properties: {
      payloadFormatIndicator: true,
      messageExpiryInterval: 100,
      contentType: "text/plain",
      responseTopic: "answers/here",
      correlationData: Buffer.from([0x00, 0xff]),
      userProperties: { a: ["1", "0"], b: "2" },
    },
  });
  const { properties: came } = await sub.receive();
  print(`format ${Number(came.payloadFormatIndicator)}, expiry ${came.messageExpiryInterval}, ${came.contentType}`);
  const data = came.correlationData.toString("hex");
  print(`${came.responseTopic}, ${data}, subscription ${came.subscriptionIdentifier}`);
  print(`a: ${came.userProperties.a.join(", ")}`);
  await sub.leave();
  await pub.leave();
}

print(`mqtt ${release}`);
await everyQos();
await retained();
await will();
await session();
if (VERSION === "5.0") await five();
