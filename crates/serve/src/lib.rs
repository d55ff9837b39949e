//! The page: what runs, what ran and what came of it, in a browser.
