package de.participationbroker.keycloak;

import java.util.Map;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.keycloak.saml.SamlProtocolExtensionsAwareBuilder.NodeGenerator;
import org.keycloak.saml.common.exceptions.ProcessingException;

/** Writes the request extension in the order and namespaces of BundID's interface description (release 10.2, section 10.1). */
final class AkdbExtension implements NodeGenerator {

    static final String NAMESPACE = "https://www.akdb.de/request/2018/09";
    private static final String PREFIX = "akdb";
    private static final String DISPLAY_NAMESPACE = NAMESPACE + "/classic-ui/v1";
    private static final String DISPLAY_PREFIX = "classic-ui";

    private final AkdbRequest request;

    AkdbExtension(AkdbRequest request) {
        this.request = request;
    }

    @Override
    public void write(XMLStreamWriter writer) throws ProcessingException {
        try {
            start(writer, "AuthenticationRequest");
            writer.writeNamespace(PREFIX, NAMESPACE);
            writer.writeAttribute("Version", "2");
            writer.writeAttribute("EnableStatusDetail", "true");
            writeMethods(writer);
            writeAttributes(writer);
            writeDisplayInformation(writer);
            writer.writeEndElement();
            writer.flush();
        } catch (XMLStreamException failure) {
            throw new ProcessingException(failure);
        }
    }

    private void writeMethods(XMLStreamWriter writer) throws XMLStreamException {
        if (request.methods().isEmpty()) {
            return; // an empty list is refused; without one all means are offered
        }
        start(writer, "AuthnMethods");
        for (Map.Entry<String, Boolean> method : request.methods().entrySet()) {
            start(writer, method.getKey());
            start(writer, "Enabled");
            writer.writeCharacters(method.getValue().toString());
            writer.writeEndElement();
            writer.writeEndElement();
        }
        writer.writeEndElement();
    }

    private void writeAttributes(XMLStreamWriter writer) throws XMLStreamException {
        start(writer, "RequestedAttributes");
        for (Map.Entry<String, Boolean> attribute : request.attributes().required().entrySet()) {
            start(writer, "RequestedAttribute");
            writer.writeAttribute("Name", attribute.getKey());
            if (attribute.getValue()) {
                writer.writeAttribute("RequiredAttribute", "true");
            }
            writer.writeEndElement();
        }
        writer.writeEndElement();
    }

    private void writeDisplayInformation(XMLStreamWriter writer) throws XMLStreamException {
        start(writer, "DisplayInformation");
        writer.writeStartElement(DISPLAY_PREFIX, "Version", DISPLAY_NAMESPACE);
        writer.writeNamespace(DISPLAY_PREFIX, DISPLAY_NAMESPACE);
        writeText(writer, "OrganizationDisplayName", request.displayName());
        writeText(writer, "Lang", request.language());
        writeText(writer, "OnlineServiceId", request.onlineServiceId());
        writer.writeEndElement();
        writer.writeEndElement();
    }

    private static void writeText(XMLStreamWriter writer, String name, String text) throws XMLStreamException {
        writer.writeStartElement(DISPLAY_PREFIX, name, DISPLAY_NAMESPACE);
        writer.writeCharacters(text); // escaped; the description's CDATA is the same to every XML reader
        writer.writeEndElement();
    }

    private static void start(XMLStreamWriter writer, String name) throws XMLStreamException {
        writer.writeStartElement(PREFIX, name, NAMESPACE);
    }
}
