package de.participationbroker.keycloak;

import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Takes an attribute value that is XML apart: the text of each innermost element, by the path of local names that leads to it.
 *
 * <p>The path begins with the attribute's name, whether the value repeats it as its outermost element or not:
 * {@code PlaceOfResidence/ZipCode} for {@code <osi:PlaceOfResidence><osi:ZipCode>23552…} and for {@code <osi:ZipCode>23552…} alike.
 * No document type, no entities, limited in size and depth. XML that is malformed, too large or mixes text with elements has no
 * parts at all: better an attribute less than a wrong one.
 */
final class StructuredValue {

    private static final int LENGTH = 20_000;
    private static final int DEPTH = 8;
    private static final int ELEMENTS = 200;
    private static final String ROOT = "root";

    private final String name;
    private final Map<String, List<String>> parts = new LinkedHashMap<>();
    private final Deque<String> path = new ArrayDeque<>();
    private int elements;

    private StructuredValue(String name) {
        this.name = name;
    }

    /** The parts of all values together; a path that comes twice has two values. */
    static Map<String, List<String>> parts(String name, List<String> values) {
        StructuredValue structured = new StructuredValue(name);
        try {
            for (String value : values) {
                structured.read(value.strip());
            }
        } catch (XMLStreamException | IllegalArgumentException odd) {
            return Map.of(); // its message may hold the value, so nobody reads it
        }
        return structured.parts;
    }

    private void read(String value) throws XMLStreamException {
        refuseIf(value.length() > LENGTH);
        XMLStreamReader reader = factory().createXMLStreamReader(new StringReader("<" + ROOT + ">" + value + "</" + ROOT + ">"));
        try {
            reader.nextTag();
            readChildren(reader);
            refuseIf(reader.next() != XMLStreamConstants.END_DOCUMENT);
        } finally {
            reader.close();
        }
    }

    /** Reads to the end of the element the reader stands in; returns its text, or {@code null} when it holds elements. */
    private String readChildren(XMLStreamReader reader) throws XMLStreamException {
        StringBuilder text = new StringBuilder();
        boolean innermost = true;
        for (int event = reader.next(); event != XMLStreamConstants.END_ELEMENT; event = reader.next()) {
            if (event == XMLStreamConstants.START_ELEMENT) {
                innermost = false;
                readElement(reader);
            } else if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA
                    || event == XMLStreamConstants.SPACE) {
                text.append(reader.getText());
            } else {
                refuseIf(event != XMLStreamConstants.COMMENT && event != XMLStreamConstants.PROCESSING_INSTRUCTION);
            }
        }
        refuseIf(!innermost && !text.toString().isBlank());
        return innermost ? text.toString().strip() : null;
    }

    private void readElement(XMLStreamReader reader) throws XMLStreamException {
        refuseIf(++elements > ELEMENTS || path.size() >= DEPTH);
        path.addLast(reader.getLocalName());
        String text = readChildren(reader);
        if (text != null && !text.isEmpty()) {
            parts.computeIfAbsent(here(), absent -> new ArrayList<>()).add(text);
        }
        path.removeLast();
    }

    private String here() {
        List<String> names = new ArrayList<>(path);
        if (!names.get(0).equals(name)) {
            names.add(0, name);
        }
        return String.join("/", names);
    }

    private static void refuseIf(boolean odd) {
        if (odd) {
            throw new IllegalArgumentException();
        }
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory(); // the one of Java itself, whatever else lies about
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        return factory;
    }
}
