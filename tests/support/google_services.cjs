"use strict";
// Runs scripts of Google Apps Script under Node, on small stand-ins of the Google services that they use.
//
// The files are its arguments. Each line on stdin is a run, as JSON: `book` (the spreadsheet, its
// properties and triggers), `call` and `args` (a function of the scripts), `now` and `pace` (the clock, in
// milliseconds, and by how much it goes on each time it is read), `isLocked`, `stop`. Its answer is a line
// on stdout: the book as it is then, what the function returned, and what was done.
//
// `stop` is where Google ends the run: {at: 'fetch' | 'write', number, after, loses}. From there on no
// service does anything any more, whatever the scripts catch. `after`: the fetch has been answered, or the
// write taken, but the scripts do not hear of it. `loses`: what they have written since the last flush was
// never written; else all was.

const fs = require("node:fs");
const vm = require("node:vm");
const crypto = require("node:crypto");
const readline = require("node:readline");
const { execFileSync } = require("node:child_process");

const scripts = process.argv
  .slice(2)
  .map((file) => new vm.Script(fs.readFileSync(file, "utf8"), { filename: file }));

function run(asked) {
  const book = asked.book;
  const done = {
    book,
    wasStopped: false,
    fetches: [],
    writes: 0,
    toasts: [],
    menu: [],
    sidebar: null,
    returned: null,
    threw: null,
  };

  function alive() {
    if (done.wasStopped) throw new Error("this run was ended");
  }

  function end() {
    if (asked.stop.loses) pending = [];
    flush();
    done.wasStopped = true;
    alive();
  }

  // ---- writes, which Google keeps back until somebody reads ------------------------------------------

  let pending = [];

  function flush() {
    alive();
    for (const write of pending) write();
    pending = [];
  }

  function write(action) {
    alive();
    done.writes += 1;
    const isStop = asked.stop && asked.stop.at === "write" && asked.stop.number === done.writes;
    if (isStop && !asked.stop.after) end();
    pending.push(action);
    if (isStop) end();
  }

  // ---- the spreadsheet -------------------------------------------------------------------------------

  // What Sheets makes of a text that is typed in, or written by a script.
  function entered(text, format) {
    if (typeof text !== "string") throw new Error(`a cell was given ${typeof text}`);
    if (text.length > 50000)
      throw new Error("Your input contains more than the maximum of 50000 characters");
    if (text.startsWith("'")) return { shown: text.slice(1) };
    if (/^[=+]./.test(text)) return { shown: "", formula: text };
    if (format === "@") return { shown: text };
    if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return { shown: String(Number(text)) };
    const time = /^(\d{1,2}):(\d{1,2})$/.exec(text);
    if (time) return { shown: `${time[1]}:${time[2].padStart(2, "0")}:00` };
    return { shown: text };
  }

  class Range {
    constructor(sheet, row, column, rows, columns) {
      const fits = [row, column, rows, columns].every((each) => Number.isInteger(each) && each > 0);
      if (!fits || row + rows - 1 > sheet.data.rows || column + columns - 1 > sheet.data.columns) {
        throw new Error("Those rows or columns are out of bounds.");
      }
      Object.assign(this, { sheet, row, column, rows, columns });
    }
    getRow() {
      return this.row;
    }
    getNumRows() {
      return this.rows;
    }
    getDisplayValues() {
      flush();
      const of = (row, column) => (this.sheet.cell(row, column) || { shown: "" }).shown;
      return Array.from({ length: this.rows }, (_, row) =>
        Array.from({ length: this.columns }, (_, column) => of(this.row + row, this.column + column)),
      );
    }
    each(change) {
      for (let row = this.row; row < this.row + this.rows; row++) {
        for (let column = this.column; column < this.column + this.columns; column++) change(row, column);
      }
      return this;
    }
    setValue(text) {
      const all = () =>
        this.each((row, column) =>
          this.sheet.set(row, column, entered(text, this.sheet.formatOf(row, column))),
        );
      entered(text);
      write(all);
      return this;
    }
    setFormula(formula) {
      if (!/^=\w+\("(?:[^"]|"")*"\)$/.test(formula)) throw new Error(`no formula: ${formula}`);
      write(() => this.each((row, column) => this.sheet.set(row, column, { shown: "", formula })));
      return this;
    }
    clearContent() {
      write(() => this.each((row, column) => this.sheet.set(row, column, undefined)));
      return this;
    }
    setNumberFormat(format) {
      write(() => {
        for (let at = this.column; at < this.column + this.columns; at++)
          this.sheet.data.formats[at] = format;
      });
      return this;
    }
    setBackground(colour) {
      write(() =>
        this.each((row, column) => {
          this.sheet.data.colours[`${row},${column}`] = colour;
        }),
      );
      return this;
    }
  }

  class Sheet {
    constructor(data) {
      this.data = data;
    }
    cell(row, column) {
      return this.data.cells[`${row},${column}`];
    }
    set(row, column, cell) {
      if (cell === undefined || (cell.shown === "" && !cell.formula))
        delete this.data.cells[`${row},${column}`];
      else this.data.cells[`${row},${column}`] = cell;
    }
    formatOf(row, column) {
      return this.data.formats[column];
    }
    last(index) {
      flush();
      return Math.max(0, ...Object.keys(this.data.cells).map((at) => Number(at.split(",")[index])));
    }
    getName() {
      return this.data.name;
    }
    getSheetId() {
      return this.data.id;
    }
    getLastRow() {
      return this.last(0);
    }
    getLastColumn() {
      return this.last(1);
    }
    getMaxRows() {
      return this.data.rows;
    }
    getMaxColumns() {
      return this.data.columns;
    }
    getRange(row, column, rows = 1, columns = 1) {
      return new Range(this, row, column, rows, columns);
    }
    insertColumnsAfter(column, number) {
      if (column !== this.data.columns) throw new Error("only at the end");
      this.data.columns += number;
      write(() => {});
    }
    hideColumns(column) {
      write(() => {
        this.data.hidden = [...new Set([...this.data.hidden, column])];
      });
    }
    setRowHeight(row, height) {
      write(() => {
        this.data.heights[row] = height;
      });
    }
    getActiveRangeList() {
      return { getRanges: () => book.selected.map(([row, rows]) => this.getRange(row, 1, rows, 1)) };
    }
  }

  const sheets = book.sheets.map((data) => new Sheet(data));
  const spreadsheet = {
    getId: () => book.id,
    getName: () => book.name,
    getSheets: () => sheets,
    toast: (words) => {
      done.toasts.push(words);
    },
  };
  const ui = {
    createMenu() {
      const menu = {
        addItem(title, call) {
          done.menu.push([title, call]);
          return menu;
        },
        addSeparator: () => menu,
        addToUi() {},
      };
      return menu;
    },
    showSidebar: (page) => {
      done.sidebar = page;
    },
  };

  // ---- the other services ----------------------------------------------------------------------------

  function fetched(url, options) {
    const headers = Object.entries({
      ...options.headers,
      "Content-Type": options.contentType || "",
      Expect: "",
    });
    const output = execFileSync(
      "curl",
      [
        "--silent",
        "--show-error",
        "--include",
        "--noproxy",
        "*",
        "--max-time",
        "170",
        "--request",
        options.method.toUpperCase(),
        ...headers.flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
        ...(options.payload === undefined ? [] : ["--data-binary", "@-"]),
        url,
      ],
      { input: options.payload || "", maxBuffer: 64 << 20, stdio: ["pipe", "pipe", "pipe"] },
    ).toString();
    const border = output.indexOf("\r\n\r\n");
    const [status, ...lines] = output.slice(0, border).split("\r\n");
    const split = (line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()];
    return {
      code: Number(status.split(" ")[1]),
      headers: Object.fromEntries(lines.map(split)),
      text: output.slice(border + 4),
    };
  }

  const UrlFetchApp = {
    fetch(url, options) {
      alive();
      done.fetches.push(`${options.method} ${new URL(url).pathname}`);
      const isStop = asked.stop && asked.stop.at === "fetch" && asked.stop.number === done.fetches.length;
      if (isStop && !asked.stop.after) end();
      const answer = fetched(url, options);
      if (isStop) end();
      if (answer.code >= 400 && !options.muteHttpExceptions) {
        throw new Error(`Request failed for ${url} returned code ${answer.code}`);
      }
      return {
        getResponseCode: () => answer.code,
        getContentText: () => answer.text,
        getHeaders: () => answer.headers,
      };
    },
  };

  const handle = (name) => ({ getHandlerFunction: () => name });
  const triggers = book.triggers.map(handle);
  const keepTriggers = () => {
    alive();
    book.triggers = triggers.map((each) => each.getHandlerFunction());
  };
  const ScriptApp = {
    getProjectTriggers: () => [...triggers],
    deleteTrigger(trigger) {
      alive();
      triggers.splice(triggers.indexOf(trigger), 1);
      keepTriggers();
    },
    newTrigger: (name) => ({
      timeBased: () => ({
        everyMinutes: () => ({
          create() {
            triggers.push(handle(name));
            keepTriggers();
          },
        }),
      }),
    }),
  };

  let isLocked = false;
  const context = vm.createContext({
    SpreadsheetApp: {
      getActiveSpreadsheet: () => spreadsheet,
      getActiveSheet: () => sheets[book.active],
      getUi: () => ui,
      flush,
    },
    PropertiesService: {
      getUserProperties: () => ({
        getProperty: (name) => book.properties[name] ?? null,
        setProperty(name, value) {
          alive();
          if (value.length > 9000) throw new Error("Argument too large: value");
          book.properties[name] = value;
        },
        deleteProperty: (name) => {
          delete book.properties[name];
        },
      }),
    },
    LockService: {
      getDocumentLock: () => ({
        tryLock: () => (isLocked = !isLocked && !asked.isLocked),
        releaseLock: () => {
          isLocked = false;
        },
      }),
    },
    HtmlService: {
      createHtmlOutputFromFile: (name) => ({
        name,
        setTitle() {
          return this;
        },
      }),
    },
    Utilities: {
      DigestAlgorithm: { SHA_256: "sha256" },
      Charset: { UTF_8: "utf8" },
      // Bytes, as Java has them: from -128 to 127.
      computeDigest: (algorithm, text, charset) => [
        ...new Int8Array(crypto.createHash(algorithm).update(text, charset).digest()),
      ],
      getUuid: () => crypto.randomUUID(),
    },
    ScriptApp,
    UrlFetchApp,
  });
  context.readings = 0;
  vm.runInContext(`Date.now = () => ${asked.now} + ${asked.pace} * readings++`, context);
  for (const script of scripts) script.runInContext(context);
  try {
    done.returned = context[asked.call](...asked.args) ?? null;
    flush();
  } catch (error) {
    if (!done.wasStopped) done.threw = String(error && error.stack);
  }
  return done;
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line)))}\n`);
});
