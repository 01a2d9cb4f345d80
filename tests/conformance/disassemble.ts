import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";

const formatter = new Formatter(FormatterSyntax.Nasm);

/** One instruction of 32-bit code, as bytes and as NASM writes it. */
export function disassemble(code: Uint8Array, at: number): string {
  const decoder = new Decoder(32, code, DecoderOptions.None);
  decoder.ip = BigInt(at);
  const instruction = decoder.decode();
  const text = formatter.format(instruction);
  instruction.free();
  decoder.free();
  return `${Buffer.from(code).toString("hex")}  ${text}`;
}
