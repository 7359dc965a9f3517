// README's pictures: no test of the suite, but made with the same parts. `make pictures` runs it.
import config from "./playwright.config";

export default { ...config, testMatch: /\.face\.ts$/, reporter: "line" };
