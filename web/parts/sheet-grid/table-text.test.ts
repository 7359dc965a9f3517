import { expect, test } from "vitest";
import { parseTable, tableText } from "./table-text";

test("rows and cells of a copied range, without the last line break", () => {
  expect(parseTable("a\tb\r\nc\t\r\n", "\t")).toEqual([
    ["a", "b"],
    ["c", ""],
  ]);
});

test("a quoted cell keeps its breaks, delimiters and quotes", () => {
  expect(parseTable('"two\nlines"\t"say ""hi"""\tx', "\t")).toEqual([["two\nlines", 'say "hi"', "x"]]);
  expect(parseTable('"a, b",2', ",")).toEqual([["a, b", "2"]]);
});

test("a quote that is part of the words stays", () => {
  expect(parseTable('"so" he said\t5" disk', "\t")).toEqual([['"so" he said', '5" disk']]);
  expect(parseTable('"open', "\t")).toEqual([['"open']]);
});

test("an empty line inside is a row, an empty text is one empty cell", () => {
  expect(parseTable("a\n\nb", "\t")).toEqual([["a"], [""], ["b"]]);
  expect(parseTable("", "\t")).toEqual([[""]]);
});

test("what is written is read back", () => {
  const table = [
    ['5" disk', "two\nlines", "tab\there"],
    ["", "plain", '"'],
  ];
  expect(parseTable(tableText(table), "\t")).toEqual(table);
});
