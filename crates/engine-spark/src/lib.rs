//! Computes tables on Apache Spark, through Spark Connect.
