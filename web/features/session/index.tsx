"use client";
export { Gate, SignInDialog } from "./gate";
export { Landing } from "./landing";
export { SignInCard } from "./sign-in-card";
