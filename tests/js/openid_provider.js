/* A provider of OpenID Connect for the tests: oidc-provider, which is certified by the OpenID Foundation, with people of
   the tests' own. Everybody signs in by their account's name alone. It ends with its standard input.

   `/tamper?how=…` lets it hand out tokens as no honest provider would, until told otherwise; see HOW. */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { port, client, secret, back, out, people } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const own = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const HEADER = { alg: "RS256", kid: "own", typ: "JWT" };

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const signed = (header, claims, made) => {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${made(text).toString("base64url")}`;
};
const by = (key) => (text) => sign("RSA-SHA256", text, key);
const changed = (change) => (claims) => signed(HEADER, { ...claims, ...change(claims) }, by(own));
const PAST = 7200;

const HOW = {
  nonce: changed(() => ({ nonce: "another" })),
  "no nonce": changed(() => ({ nonce: undefined })),
  audience: changed(() => ({ aud: "another" })),
  "second audience": changed(() => ({ aud: [client, "another"] })),
  "authorized party": changed(() => ({ azp: "another" })),
  issuer: changed(() => ({ iss: `${issuer}/another` })),
  expired: changed(({ iat }) => ({ iat: iat - PAST, exp: iat - PAST + 60 })),
  "no expiry": changed(() => ({ exp: undefined })),
  future: changed(({ iat }) => ({ iat: iat + PAST, exp: iat + 2 * PAST })),
  "no subject": changed(() => ({ sub: undefined })),
  "another's access token": changed(() => ({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" })),
  unsigned: (claims) => signed({ alg: "none" }, claims, () => Buffer.alloc(0)),
  "shared secret": (claims) => signed({ alg: "HS256" }, claims, (text) => createHmac("sha256", secret).update(text).digest()),
  "unknown algorithm": (claims) => signed({ ...HEADER, alg: "RS257" }, claims, by(own)),
  "another key": (claims) => signed(HEADER, claims, by(foreign)),
  "unknown key": (claims) => signed({ ...HEADER, kid: "unknown" }, claims, by(foreign)),
  altered: (claims, token) => token.replace(/\.[^.]+\./, `.${encoded({ ...claims, sub: "another" })}.`),
  "no token": () => undefined,
  "no JWT": () => "not a token",
};
let how = "";

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...own.export({ format: "jwk" }), kid: HEADER.kid, use: "sig", alg: HEADER.alg }] },
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], post_logout_redirect_uris: [out] }],
  pkce: { required: () => true },
  scopes: ["openid"],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  cookies: { keys: ["of the tests"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/people/${uid}` },
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
});
provider.use(async (context, next) => {
  await next();
  const token = context.oidc?.route === "token" && context.body?.id_token;
  if (!token || !how) return;
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  context.body = { ...context.body, id_token: HOW[how](claims, token) };
});

const FORM = `<!DOCTYPE html><title>The organisation's sign-on</title><link rel="icon" href="data:,">
<form method="post"><label for="account">Account</label><input id="account" name="account">
<button>Continue</button><button name="cancel" value="1">Cancel</button></form>`;

async function signIn(request, response) {
  if (request.method !== "POST") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(FORM);
    return;
  }
  const parts = await Array.fromAsync(request);
  const words = new URLSearchParams(Buffer.concat(parts).toString());
  const result = words.has("cancel") ? { error: "access_denied" } : { login: { accountId: words.get("account") } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const others = provider.callback();
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (pathname === "/tamper") {
    how = searchParams.get("how") ?? "";
    response.end();
  } else if (pathname.startsWith("/people/")) signIn(request, response);
  else others(request, response);
}).listen(port, "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit()).resume();
