// Asks a URL so many times at once and prints how many bytes each answer had.
import { get } from "node:http";

const [, , url, count] = process.argv;
for (let i = 0; i < Number(count); i++) {
  get(url, { agent: false }, (response) => {
    let bytes = 0;
    response.on("data", (chunk) => {
      bytes += chunk.length;
    });
    response.once("end", () => console.log(bytes));
  });
}
