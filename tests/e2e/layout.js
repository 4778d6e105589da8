// What is wrong with a page's layout, in words. Read by layout.py.
() => {
    const seen = element => {
        const box = element.getBoundingClientRect();
        const { visibility, opacity } = getComputedStyle(element);
        return box.width > 1 && box.height > 1 && visibility === "visible" && opacity !== "0" ? box : undefined;
    };
    const words = element => element.getAttribute("aria-label") || element.innerText || "";
    const told = element => `${element.tagName.toLowerCase()} "${words(element).trim().slice(0, 50)}"`;
    const above = (element, wanted) => {
        for (let one = element; one instanceof Element; one = one.parentElement) if (wanted(getComputedStyle(one))) return one;
    };
    const isDrawn = one => one.closest("svg, .chart, .for-ears, [aria-hidden=true]") !== null;
    const all = [...document.body.querySelectorAll("*")].filter(one => !isDrawn(one));
    const faults = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];

    for (const one of all) {
        const box = seen(one);
        if (!box) continue;
        const isInside = above(one.parentElement, style => style.overflowX !== "visible");
        if (box.right > innerWidth + 1 && box.left < innerWidth && !isInside)
            faults.push(`${told(one)} leaves the screen by ${Math.round(box.right - innerWidth)} px`);
        const { overflowX, textOverflow } = getComputedStyle(one);
        const isText = one.children.length === 0 && one.innerText?.trim();
        if (isText && overflowX === "hidden" && textOverflow !== "ellipsis" && one.scrollWidth > one.clientWidth + 1)
            faults.push(`${told(one)} is cut`);
    }
    for (const one of document.body.querySelectorAll("a[href], button, input, select, textarea")) {
        const box = seen(one);
        if (!box || above(one, style => style.overflowY === "auto" || style.overflowY === "scroll")) continue;
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
        const top = document.elementFromPoint(x, y);
        const isItself = top === null || one.contains(top) || top.contains(one) || top.closest("label")?.control === one;
        const floats = element => above(element, style => style.position === "fixed" || style.position === "sticky");
        if (!isItself && !(floats(top) && !floats(one))) faults.push(`${told(one)} is covered by ${told(top)}`);
    }
    return faults;
}
