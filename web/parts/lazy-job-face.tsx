"use client";
import dynamic from "next/dynamic";

/** A job in any of its states, where most are made and have a picture: its code is loaded with the first that has none. */
export const LazyJobFace = dynamic(() => import("./job-face").then(({ JobFace }) => JobFace), { ssr: false });
