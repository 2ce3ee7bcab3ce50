const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Largest signed 64-bit number: the revision of a tombstone. */
const MAX_INT64_VARINT = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

/** Protobuf fields as byte chunks, for the messages that are too hot for the generated classes. */
export function bytesField(field: number, bytes: Uint8Array): Buffer {
  const tag = varint((field << 3) | LENGTH_DELIMITED);
  return Buffer.concat([tag, varint(bytes.length), bytes]);
}

export function stringField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint((field << 3) | VARINT), varint(value)]);
}

export function maxInt64Field(field: number): Buffer {
  return Buffer.concat([varint((field << 3) | VARINT), MAX_INT64_VARINT]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
