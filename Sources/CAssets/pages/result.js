// The shop on this origin remembers its basket under this name; once it is paid for, it is empty.
if (document.body.dataset.face === "paid") {
    try {
        localStorage.removeItem("kassa.basket");
    } catch {
        // Storage may be switched off; then nothing was remembered.
    }
}
