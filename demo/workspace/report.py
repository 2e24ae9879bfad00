"""Asks for a name, then prints a report: shows that a profiled program can read what you type."""
from shop.pricing import quote


def main():
    name = input("Whose report? ")
    catalogue = [("Item %d" % n, n % 97) for n in range(2000)]
    for page in range(20):
        amount = quote([("item %d" % (page * 31 % 2000), 2)] * 20, catalogue)
    print("Report for", name, amount)


if __name__ == "__main__":
    main()
