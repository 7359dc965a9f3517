import type { Table } from "@/parts/sheet-grid/table-text";

/** The cells of a file. The reader is loaded with the first file. */
export async function tableOfFile(file: File): Promise<Table> {
  const { default: Papa } = await import("papaparse");
  return new Promise((resolve, reject) => {
    Papa.parse<string[]>(file, {
      skipEmptyLines: "greedy",
      complete: ({ data }) => resolve(data),
      error: reject,
    });
  });
}
