//! Generates `src/gen/spark.connect.rs` from a set of descriptors, without protoc:
//!
//! ```sh
//! python3 descriptors.py >descriptors.bin     # with pyspark installed
//! cargo run -- descriptors.bin ../src/gen
//! ```

use std::collections::HashSet;

use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(descriptors), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: tidemill-spark-protocol DESCRIPTORS FOLDER".into());
    };
    let mut all = FileDescriptorSet::decode(std::fs::read(descriptors)?.as_slice())?;
    let wanted = with_dependencies(&all, "spark/connect/base.proto");
    all.file.retain(|file| wanted.contains(file.name()));
    // PySpark has these two of another package.
    all.file.insert(0, well_known("any", "Any", &[("type_url", Type::String), ("value", Type::Bytes)]));
    all.file.insert(0, well_known("timestamp", "Timestamp", &[("seconds", Type::Int64), ("nanos", Type::Int32)]));
    std::fs::create_dir_all(&folder)?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .bytes(".spark.connect.ExecutePlanResponse.ArrowBatch")
        .out_dir(&folder)
        .compile_fds(all)?;
    Ok(())
}

/// A file and all that it needs.
fn with_dependencies(all: &FileDescriptorSet, root: &str) -> HashSet<String> {
    let (mut wanted, mut open) = (HashSet::new(), vec![root.to_owned()]);
    while let Some(name) = open.pop() {
        if wanted.insert(name.clone()) {
            let files = all.file.iter().filter(|file| file.name() == name);
            open.extend(files.flat_map(|file| file.dependency.clone()));
        }
    }
    wanted
}

/// One of Google's files, with the one message that is used of it.
fn well_known(file: &str, message: &str, fields: &[(&str, Type)]) -> FileDescriptorProto {
    let field = |(number, (name, kind)): (i32, &(&str, Type))| FieldDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(number),
        r#type: Some(*kind as i32),
        ..FieldDescriptorProto::default()
    };
    let message = DescriptorProto {
        name: Some(message.to_owned()),
        field: (1..).zip(fields).map(field).collect(),
        ..DescriptorProto::default()
    };
    FileDescriptorProto {
        name: Some(format!("google/protobuf/{file}.proto")),
        package: Some("google.protobuf".to_owned()),
        message_type: vec![message],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}
