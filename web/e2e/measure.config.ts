// What is measured by hand, and is no test of the suite: it asserts times.
import config from "./playwright.config";

export default { ...config, testMatch: /\.measure\.ts$/, reporter: "line" };
