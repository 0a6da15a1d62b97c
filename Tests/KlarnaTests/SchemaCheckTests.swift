import KlarnaDocsSupport
import Testing
import Wire

/// The check that other tests lean on has to find something, too.
@Suite("A check against an OpenAPI document")
struct SchemaCheckTests {
    @Test(arguments: [
        (#"{"name":"a","size":2}"#, []),
        (#"{"name":"a","size":2,"tags":["x","y"],"colour":"c0a0b1","at":"2025-03-04T09:25:47Z","extra":{"k":1}}"#, []),
        (#"[]"#, ["the body is not of type object"]), (#"{"name":"a"}"#, ["/size is missing"]),
        (#"{"name":"","size":2}"#, ["/name is shorter than 1"]),
        (#"{"name":"abcd","size":2}"#, ["/name is longer than 3"]),
        (#"{"name":"a","size":0}"#, ["/size is less than 1"]), (#"{"name":"a","size":10}"#, ["/size is more than 9"]),
        (#"{"name":"a","size":"2"}"#, ["/size is not of type integer"]),
        (#"{"name":"a","size":2.5}"#, ["/size is not of type integer"]),
        (#"{"name":"a","size":2,"kind":"SMALL"}"#, [#"/kind is none of "BIG", "HUGE""#]),
        (#"{"name":"a","size":2,"colour":"red"}"#, ["/colour does not match ^[A-Fa-f0-9]{6}$"]),
        (#"{"name":"a","size":2,"tags":["x","y","z"]}"#, ["/tags has more than 2 elements"]),
        (#"{"name":"a","size":2,"tags":["x","x"]}"#, ["/tags repeats an element"]),
        (#"{"name":"a","size":2,"tags":["x",1]}"#, ["/tags/1 is not of type string"]),
        (#"{"name":"a","size":2,"at":"now"}"#, ["/at is no time"]),
        (#"{"name":"a","size":2,"id":"1"}"#, ["/id is read-only"]),
        (#"{"name":"a","size":2,"typo":1}"#, ["/typo is not known"]), (#"{"name":"a","size":2,"known":1}"#, []),
        (#"{"name":"a","size":2,"extra":{"k":"v"}}"#, ["/extra/k is not of type integer"]),
        (#"{"name":"a","size":2,"kind":null}"#, []), (#"{"name":null,"size":2}"#, ["/name is not of type string"]),
    ])
    func `names every fault of a request`(body: String, faults: [String]) throws {
        let document = try KlarnaDocument(yaml: boxes)
        #expect(
            try document.requestFaults("POST", "/boxes/7", body: try JSON.parse(body), except: ["/known"]) == faults
        )
    }

    @Test(
        arguments: [
            (200, #"{"id":"1","name":"a","size":2}"#, []), (200, #"{"name":"a","size":2}"#, ["/id is missing"]),
            (200, #"{"id":1,"name":"a","size":2}"#, ["/id is not of type string"]),
            (200, nil, ["status 200 is documented with a body"]), (204, nil, []),
            (204, "{}", ["status 204 is documented without a body"]),
            (404, #"{"error_code":"NOT_FOUND"}"#, []), (418, nil, ["status 418 is not documented for POST /boxes/7"]),
        ] as [(Int, String?, [String])]
    )
    func `names every fault of an answer`(status: Int, body: String?, faults: [String]) throws {
        let document = try KlarnaDocument(yaml: boxes)
        let body = try body.map { try JSON.parse($0) }
        #expect(try document.responseFaults("POST", "/boxes/7", status: status, body: body) == faults)
    }

    @Test func `finds no operation where there is none`() throws {
        let document = try KlarnaDocument(yaml: boxes)
        #expect(throws: KlarnaDocument.Failure.self) { try document.requestFaults("PUT", "/boxes/7", body: [:]) }
        #expect(throws: KlarnaDocument.Failure.self) { try document.requestFaults("POST", "/boxes", body: [:]) }
    }
}

private let boxes = """
    openapi: 3.0.0
    paths:
      /boxes/{id}:
        post:
          requestBody:
            $ref: '#/components/requestBodies/box'
          responses:
            '200':
              content:
                application/json:
                  schema:
                    $ref: '#/components/schemas/box'
            '204':
              description: done
            '404':
              description: none
    components:
      requestBodies:
        box:
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/box'
      schemas:
        box:
          allOf:
          - $ref: '#/components/schemas/named'
          - type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9}
              kind: {type: string, nullable: true, enum: [BIG, HUGE]}
              colour: {type: string, pattern: '^[A-Fa-f0-9]{6}$'}
              tags: {type: array, maxItems: 2, uniqueItems: true, items: {type: string}}
              at: {type: string, format: date-time}
              extra: {type: object, additionalProperties: {type: integer}}
        named:
          type: object
          required: [name, id]
          properties:
            id: {type: string, readOnly: true}
            name: {type: string, minLength: 1, maxLength: 3}
    """
