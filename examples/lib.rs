//! Shared by the example programs: flags, tables and the JSON file of final numbers.
