"""Prices a few orders. The slow part is the search through the catalogue: can you see it?"""


def quote(items, catalogue):
    total = 0
    for name, quantity in items:
        price = 0
        for row in catalogue:
            if row[0].casefold() == name.casefold(): price = row[1]
        total += price * quantity
    return total


def rebate(n):
    return 1 if n < 2 else rebate(n - 1) + rebate(n - 2)


class Customer:
    def pay(self, amount):
        return sum(amount % k for k in range(1, 4000))


def main():
    catalogue = [("Item %d" % n, n % 97) for n in range(4000)]
    items = [("item %d" % (n * 37 % 4000), 1 + n % 5) for n in range(40)]
    total = 0
    for _ in range(20):
        total += quote(items, catalogue)
    total -= rebate(21)
    for amount in range(600):
        total += Customer().pay(amount) % 7
    print("Total:", total)


if __name__ == "__main__":
    main()
