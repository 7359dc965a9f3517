export const session = { guest: "Guest" };
