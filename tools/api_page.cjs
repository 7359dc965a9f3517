// Copies what `GET /docs` shows from the package of Swagger UI to where the function finds it: before a deploy
// (firebase.json), and when the project is set up.
const fs = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);
const from = path.join(root, 'node_modules', 'swagger-ui-dist');
const to = path.join(root, 'functions', 'mediaforge', 'entrypoints', 'api', 'page');
if (!fs.existsSync(from)) {
  console.error('swagger-ui-dist is not installed. Run: make setup');
  process.exit(1);
}
fs.mkdirSync(to, { recursive: true });
for (const name of ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE']) {
  fs.copyFileSync(path.join(from, name), path.join(to, name));
}
