// What the page can do without this file: choose quantities and pay. This adds a live basket that is remembered, and
// sends the checkout so that an impatient second press is the same purchase.

const form = document.querySelector("#shop");
const pay = document.querySelector("#pay");
const problem = document.querySelector("#problem");
const said = document.querySelector("#said");
const heading = document.querySelector("#basket-heading");
const payLabel = pay.textContent;
const remembered = "kassa.basket";
const kronor = new Intl.NumberFormat("sv-SE", {
    style: "currency",
    currency: "SEK",
    trailingZeroDisplay: "stripIfInteger",
});

document.querySelector("#hint").textContent = "Your basket is empty. Add something you like.";
const things = [...document.querySelectorAll(".product")].map(enhance);
const shipping = priced(document.querySelector("#shipping"));

// MARK: Things

function priced(element) {
    return { price: Number(element.dataset.price), taxRate: Number(element.dataset.taxRate) };
}

/** Gives a product its buttons and its line in the basket; the number field stays the one holder of the quantity. */
function enhance(product) {
    const input = product.querySelector("input[type=number]");
    const name = product.querySelector("h3").textContent;
    const reference = product.querySelector("input[type=hidden]").value;
    const quantity = product.querySelector(".quantity");

    const stepper = element("div", "stepper");
    const fewer = step("−", `One fewer: ${name}`, () => change(thing, -1));
    const more = step("+", `One more: ${name}`, () => change(thing, 1));
    const add = element("button", "add", "Add to basket");
    add.type = "button";
    add.setAttribute("aria-label", `Add to basket: ${name}`);
    add.addEventListener("click", () => {
        change(thing, 1);
        more.focus();
    });
    stepper.append(fewer, input, more);
    quantity.querySelector("label").className = "unseen";
    quantity.append(stepper, add);
    stepper.addEventListener("focusout", () => queueMicrotask(show));

    const line = element("li", "line");
    const sum = element("span", "sum");
    const number = element("span", "number");
    const lineStepper = element("div", "stepper");
    lineStepper.append(
        step("−", `One fewer in the basket: ${name}`, () => change(thing, -1)),
        number,
        step("+", `One more in the basket: ${name}`, () => change(thing, 1)),
    );
    const each = element("span", "each");
    line.append(element("span", "name", name), sum, each, lineStepper);
    document.querySelector("#lines").append(line);

    const thing = { ...priced(product), reference, name, input, add, stepper, line, sum, number, each };
    each.textContent = `${money(thing.price)} each`;
    input.addEventListener("input", show);
    input.addEventListener("change", () => change(thing, 0));
    return thing;
}

function element(tag, className, text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
}

function step(sign, label, action) {
    const button = element("button", "step", sign);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
    return button;
}

function quantityOf(thing) {
    const wanted = Math.trunc(Number(thing.input.value));
    return Math.min(Math.max(Number.isFinite(wanted) ? wanted : 0, 0), Number(thing.input.max));
}

function change(thing, by) {
    thing.input.value = String(quantityOf(thing) + by);
    thing.input.value = String(quantityOf(thing));
    // A line that goes away must not take the focus with it.
    if (quantityOf(thing) === 0 && thing.line.contains(document.activeElement)) heading.focus();
    show();
    remember();
    said.textContent = `${thing.name}: ${quantityOf(thing)} in the basket. Total ${money(basketSums().total)}.`;
}

// MARK: Basket

function money(minorUnits) {
    return kronor.format(minorUnits / 100);
}

/** Tax contained in a gross amount, rounded half up, as Klarna computes it for each line. */
function taxIn(amount, taxRate) {
    return Math.round((amount * taxRate) / (10000 + taxRate));
}

function chosen() {
    return things.filter((thing) => quantityOf(thing) > 0);
}

function basketSums() {
    const rows = chosen().map((thing) => ({ amount: thing.price * quantityOf(thing), taxRate: thing.taxRate }));
    if (rows.length > 0) rows.push({ amount: shipping.price, taxRate: shipping.taxRate });
    return {
        total: rows.reduce((sum, row) => sum + row.amount, 0),
        tax: rows.reduce((sum, row) => sum + taxIn(row.amount, row.taxRate), 0),
    };
}

function show() {
    const count = chosen().reduce((sum, thing) => sum + quantityOf(thing), 0);
    const { total, tax } = basketSums();
    const empty = count === 0;
    for (const thing of things) {
        const quantity = quantityOf(thing);
        // Whoever works on the quantity keeps it, even while it is zero.
        const showsStepper = quantity > 0 || thing.stepper.contains(document.activeElement);
        thing.stepper.hidden = !showsStepper;
        thing.add.hidden = showsStepper;
        thing.line.hidden = quantity === 0;
        thing.number.textContent = String(quantity);
        thing.sum.textContent = money(thing.price * quantity);
    }
    document.querySelector("#hint").hidden = !empty;
    document.querySelector("#lines").hidden = empty;
    document.querySelector("#shipping").hidden = empty;
    document.querySelector("#total").hidden = empty;
    document.querySelector("#total dd").textContent = money(total);
    document.querySelector("#tax").hidden = empty;
    document.querySelector("#tax dd").textContent = money(tax);
    document.querySelector("#count").hidden = empty;
    document.querySelector("#count").textContent = String(count);
    document.querySelector(".bar").hidden = empty;
    document.querySelector("#bar-sum").textContent = `${count} ${count === 1 ? "thing" : "things"}, ${money(total)}`;
    if (!empty) problem.textContent = "";
}

function remember() {
    const basket = Object.fromEntries(chosen().map((thing) => [thing.reference, quantityOf(thing)]));
    try {
        localStorage.setItem(remembered, JSON.stringify(basket));
    } catch {
        // Storage is off or full: the basket lasts as long as the page.
    }
}

function recall() {
    let basket = {};
    try {
        basket = JSON.parse(localStorage.getItem(remembered)) ?? {};
    } catch {
        // Nothing readable is remembered: begin with an empty basket.
    }
    for (const thing of things) {
        thing.input.value = String(Object.hasOwn(basket, thing.reference) ? basket[thing.reference] : 0);
        thing.input.value = String(quantityOf(thing));
    }
    show();
}

// MARK: Paying

/** The basket last sent and its idempotency key, kept until the shop has answered for good. */
let attempt = null;
let isSending = false;

async function checkOut(event) {
    event.preventDefault();
    if (isSending) return;
    const items = chosen().map((thing) => ({ reference: thing.reference, quantity: quantityOf(thing) }));
    if (items.length === 0) {
        problem.textContent = "Your basket is empty. Add something first, then pay.";
        return;
    }
    setSending(true);
    try {
        location.assign(await openCheckout(JSON.stringify({ items })));
        // Klarna's page may be slow to come, or the shopper may stop it: the button must not stay busy for ever.
        setTimeout(() => setSending(false), 10_000);
    } catch (error) {
        setSending(false);
        problem.textContent = error instanceof Refusal ? error.message
            : "The shop could not be reached. Please try again; you will not pay twice.";
    }
}

class Refusal extends Error {}

async function openCheckout(body) {
    if (attempt?.body !== body) attempt = { body, key: newKey() };
    for (let tries = 1; ; tries += 1) {
        const response = await fetch(form.action, {
            method: "POST",
            headers: {
                "Accept": "application/json, application/problem+json",
                "Content-Type": "application/json",
                "Idempotency-Key": attempt.key,
            },
            body,
        });
        if (response.ok) {
            const url = new URL((await response.json()).redirect_url);
            if (!/^https?:$/.test(url.protocol)) throw new Refusal("The shop answered with an odd address.");
            attempt = null;
            return url.href;
        }
        const retryAfter = Number(response.headers.get("Retry-After"));
        if (response.status === 409 && retryAfter > 0 && tries < 4) {
            // The same basket is on its way already, from an earlier press.
            await new Promise((resume) => setTimeout(resume, Math.min(retryAfter, 10) * 1000));
            continue;
        }
        throw new Refusal(await wordsFor(response));
    }
}

async function wordsFor(response) {
    if (response.status === 429) return "Many people are paying just now. Please try again in a minute.";
    if (response.status >= 500) {
        return "Klarna cannot be reached just now. Nothing has been charged; please try again in a moment.";
    }
    attempt = null;
    const answer = await response.json().catch(() => ({}));
    return answer.detail ?? answer.title ?? "The shop did not accept this basket. Please look at it again.";
}

/** 128 random bits in hex. Not `randomUUID`, which plain http on a local network does not have. */
function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function setSending(sending) {
    isSending = sending;
    pay.setAttribute("aria-busy", String(sending));
    pay.textContent = sending ? "Taking you to Klarna…" : payLabel;
    if (sending) problem.textContent = "";
}

form.addEventListener("submit", checkOut);
// Back from Klarna with the browser's own button, or another tab changed the basket.
window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    setSending(false);
    recall();
});
window.addEventListener("storage", (event) => {
    if (event.key === remembered || event.key === null) recall();
});
recall();
