import { createRoot } from "react-dom/client";
import { App } from "./App";
import { connect } from "./live";
import "./page.css";

connect();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
