// Prints the browser's program and its arguments as JSON; it is unpacked from the npm package into TMPDIR.
import chromium from "@sparticuz/chromium";

const others = ["--headless='shell'"]; // the quotes are for a shell
const args = chromium.args.filter((arg) => !others.includes(arg));
console.log(JSON.stringify({ program: await chromium.executablePath(), args }));
