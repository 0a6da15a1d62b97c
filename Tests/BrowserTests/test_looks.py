"""Every page at desk and phone width, light and dark, for everybody."""

import pytest

from conftest import Visitor

WIDTHS = {"desk": 1280, "phone": 390, "narrow": 320}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", WIDTHS)
def test_every_page_fits_and_is_accessible(visit, window, scheme):
    width = WIDTHS[window]
    visitor: Visitor = visit(width=width, color_scheme=scheme, has_touch=window != "desk")

    def look(name: str) -> None:
        visitor.fits(width)
        visitor.is_accessible()
        visitor.picture(f"{name}-{window}-{scheme}")

    look("shop-empty")
    visitor.put_mugs(2)
    visitor.button("add to basket: oak bread board").click()
    look("shop-basket")
    visitor.pay()
    look("hosted-page")
    visitor.choice("decline").click()
    visitor.sees("unpaid")
    look("result-declined")
    visitor.page.get_by_role("link", name="Try again").click()
    visitor.choice("back").click()
    visitor.sees("unpaid")
    look("result-left")
    visitor.page.go_back()
    visitor.choice("approve").click()
    visitor.sees("paid")
    look("result-paid")


def test_the_shop_reads_well_without_javascript(visit):
    visitor: Visitor = visit(width=390, java_script_enabled=False)
    visitor.fits(390)
    visitor.picture("shop-without-javascript")


def test_nothing_moves_for_who_asked_for_stillness(visit):
    visitor: Visitor = visit(reduced_motion="reduce")
    moving = visitor.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
            const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
            return transitionDuration !== "0s" || animationName !== "none" || scrollBehavior === "smooth";
        }).map((element) => element.outerHTML)"""
    )
    assert moving == []


@pytest.mark.parametrize("path", ["/", "/shop.js", "/shop.css", "/images/mug.svg"])
def test_the_shop_is_served_with_a_policy_that_lets_the_form_reach_klarna(visit, path):
    visitor: Visitor = visit()
    headers = visitor.page.request.get(visitor.demo.shop + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    # Browsers apply form-action to the redirect as well, and this form is redirected to Klarna.
    assert "form-action" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_result_page_is_private(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(1)
    visitor.pay()
    visitor.choice("cancel").click()
    visitor.sees("unpaid")
    headers = visitor.page.request.get(visitor.page.url).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
