/**
 * Joins two tables by a common column: orders with the customers who made them. The tables lie in one input, one after the other;
 * a line says by its first letter which it belongs to.
 */

export function map(line, { emit }) {
  const [table, ...columns] = line.split(",");
  if (table === "customer") {
    const [id, name, town] = columns;
    emit(id, { customer: { name, town } });
  } else if (table === "order") {
    const [number, id, cents] = columns;
    emit(id, { order: { number: Number(number), cents: Number(cents) } });
  }
}

/** An inner join: customers without orders and orders without a customer leave nothing. */
export function reduce(id, rows, { emit }) {
  const customers = rows.flatMap(({ customer }) => customer ?? []);
  const orders = rows.flatMap(({ order }) => order ?? []).sort((a, b) => a.number - b.number);
  for (const customer of customers)
    for (const order of orders) emit(order.number, { ...customer, cents: order.cents });
}
