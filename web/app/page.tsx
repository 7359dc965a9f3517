export default function Page() {
  return <h1>Create</h1>;
}
